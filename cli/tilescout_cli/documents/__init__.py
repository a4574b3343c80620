"""Documents of a stack: upload, lookup, queries, export, retry."""
