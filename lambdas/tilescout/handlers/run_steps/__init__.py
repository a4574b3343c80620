"""The steps of a run, one file a state of the workflow."""
