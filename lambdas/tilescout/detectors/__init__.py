"""The port that every detector implements, and the readers of their responses."""
