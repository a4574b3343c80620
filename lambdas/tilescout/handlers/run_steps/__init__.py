"""The steps of a run, grouped by the states of the workflow."""
