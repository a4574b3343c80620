"""Merges the text of overlapping tiles: lines over seams, and the snippets that match in them."""
