"""Finds the settings of a profile that find most for least, on annotated pages."""
