"""Bytes -> reports -> picture."""
