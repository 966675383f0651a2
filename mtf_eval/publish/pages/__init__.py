"""Rendered pages, the index of them, corrections, print."""
