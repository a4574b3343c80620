"""The network that tells how alike two pictures of symbols are, and its training."""
