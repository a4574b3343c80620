"""Drawings as pictures of any part at any scale, for the viewer, the exports and the Python API."""
