"""The port that every detector implements, and how responses are read."""
