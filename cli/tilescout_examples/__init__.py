"""Finds symbols like an example in PDF files, on this machine and without AWS."""
