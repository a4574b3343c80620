"""The Custom Labels models of an embedded AWS: their life, their pace and their price."""
