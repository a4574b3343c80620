"""One module per kind of row: reads, conditional writes and nothing else."""
