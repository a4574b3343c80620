"""The sheet as an engineer reads it: frame, zones, title block, and other regions of a page."""
