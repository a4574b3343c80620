"""One module per kind of row, with its reads and conditional writes."""
