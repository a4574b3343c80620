"""The accuracy of read text: words, tokens and characters against the true ones."""
