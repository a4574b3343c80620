"""The model that every embedded AWS begins with."""

from __future__ import annotations

from tilescout_local.models.registry import ModelRegistry
from tilescout_local.models.version import Behaviour

SAMPLE_PROJECT = "sample-symbols"
SAMPLE_VERSION = "v1"


def add_sample_model(registry: ModelRegistry) -> None:
    """A trained version that knows the symbols of the sample drawings."""
    registry.add_version(f"{SAMPLE_PROJECT}/{SAMPLE_VERSION}", Behaviour())
