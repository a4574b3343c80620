"""Annotated pages from the files of other programs."""
