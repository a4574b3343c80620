"""Reference pictures of symbols: where they come from, how they are shown, and the base models."""
