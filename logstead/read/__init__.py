"""GET: from items back to entries, in their order, and to counts of them."""
