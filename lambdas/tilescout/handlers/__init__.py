"""One short file a function: gather, decide by the core, apply."""
