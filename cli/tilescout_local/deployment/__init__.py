"""Deploys the synthesised template to the embedded AWS."""
