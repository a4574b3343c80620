"""A discrete-event simulation of the services a run works with, on a virtual clock.

Nothing here waits, draws numbers without a seed, or talks to anybody.
"""
