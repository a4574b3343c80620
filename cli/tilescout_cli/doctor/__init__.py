"""Checks of the account, the region and the stack, each with what to do about it."""
