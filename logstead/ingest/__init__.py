"""POST: from a body's bytes to stored entries, one decoder module per protocol."""
