"""Tilescout on the simulated services: its own workflow file and its own decision functions.

What is written again here is only what the handlers do around them: reading, writing, sending.
"""
