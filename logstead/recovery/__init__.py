"""Writes that failed: parked in the retry queue, replayed, and at last kept for a person."""
