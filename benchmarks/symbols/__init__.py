"""The accuracy of the sample model's symbols, run as `python -m benchmarks.symbols`."""
