"""Data sets of annotated pages: importing, checking and writing them. Nothing needs torch."""
