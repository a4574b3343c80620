"""Merges boxes that overlapping tiles saw into one object each."""
