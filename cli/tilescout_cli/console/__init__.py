"""What the terminal shows and how commands end: tables, progress, failures, the clock."""
