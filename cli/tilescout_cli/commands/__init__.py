"""One module a command: its options, its output, its exit code."""
