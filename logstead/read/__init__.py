"""GET: from items back to entries, newest first."""
