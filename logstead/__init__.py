"""Logstead's runtime: what runs in Lambda, and what users import. It never imports infra."""
