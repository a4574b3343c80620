"""The terminal and the end of commands: tables, progress, failures, options, the clock."""
