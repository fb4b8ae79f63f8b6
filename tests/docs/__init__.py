"""What the documentation says, checked against the code."""
