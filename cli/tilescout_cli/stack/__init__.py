"""The stack that a command talks to: its target, clients, paths and profiles."""
