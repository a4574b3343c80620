"""Comparing a new model version with the one in use, and activating it."""
