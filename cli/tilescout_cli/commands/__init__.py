"""The declaration of each command: its options, its help, and the function that it runs.

A module here imports what its options need and nothing else, so that help texts are shown at once;
what a command does is imported by its function.
"""
