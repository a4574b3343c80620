"""The duties of the guard: documents that are stuck and models without a run."""
