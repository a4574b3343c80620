"""Readers of ground truth and results."""
