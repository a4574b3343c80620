"""Trains the project's own detector from annotated pages. Only this package needs torch."""
