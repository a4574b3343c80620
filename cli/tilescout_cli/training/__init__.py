"""Training a model version, on AWS or on this machine."""
