"""Detection runs of a stack: starting them and waiting for their documents."""
