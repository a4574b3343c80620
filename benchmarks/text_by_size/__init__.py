"""The text read by the height of its letters, run as `python -m benchmarks.text_by_size`."""
