"""Fault tests: what was acknowledged is there, once and whole, whatever failed meanwhile."""
