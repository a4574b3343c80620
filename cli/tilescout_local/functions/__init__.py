"""Runs Lambda functions of the embedded AWS in worker processes."""
