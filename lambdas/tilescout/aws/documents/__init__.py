"""The life of a document in the tables, from intake to cleanup."""
