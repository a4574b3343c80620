"""Tuning against an exhaustive sweep, run as `python -m benchmarks.tuning`."""
