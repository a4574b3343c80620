"""The metrics of objects, text and snippets. They know no file and no AWS."""
