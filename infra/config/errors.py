"""Errors that stop synth or a build; messages tell the rule, the value and the remedy."""

from __future__ import annotations


class BadConfiguration(Exception):
    """``cdk.json`` breaks a rule."""


class UnfitLayer(Exception):
    """The layer's packages would not import on AWS Lambda, or are too large for it."""


class BrokenRule(ValueError):
    """A broken rule of the configuration: the rule, the value and the remedy."""

    def __init__(self, rule: str, value: str, remedy: str) -> None:
        super().__init__(f"{rule}; {value}; {remedy}")
