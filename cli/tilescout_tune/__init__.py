"""Finds the settings of a profile that detect most at least cost, on annotated pages."""
