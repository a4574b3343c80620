"""The training of model versions: its record, its jobs and the results that it writes."""
