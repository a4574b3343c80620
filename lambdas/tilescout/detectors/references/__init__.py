"""Names for what a detector of symbols finds: those of the nearest reference pictures."""
