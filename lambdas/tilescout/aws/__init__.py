"""The code that talks to AWS; no other module of the package does."""
