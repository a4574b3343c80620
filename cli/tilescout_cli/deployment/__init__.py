"""Stacks that the command line deploys on this machine, and the teardown of any stack."""
