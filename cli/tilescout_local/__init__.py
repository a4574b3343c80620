"""The embedded AWS: one process on the loopback that runs the synthesised template."""
