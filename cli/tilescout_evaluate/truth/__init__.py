"""Ground truth and results, read from every kind of file."""
