"""A detector is asked for the lowest confidence that a profile keeps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.tilescout.sample_documents import PROFILE
from tilescout.detectors.port import confidence_asked


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({"min_confidence": {"*": 50.0}}, 50.0),
        ({"min_confidence": {"*": 50.0, "valve": 30.0, "pump": 80.0}}, 30.0),
        ({"min_confidence": {"*": 0.0}}, 0.0),
        ({"min_confidence": {"*": 50.0, "valve": 80.0}, "labels": ("valve",)}, 80.0),
        ({"min_confidence": {"*": 50.0, "valve": 80.0}, "labels": ("valve", "pump")}, 50.0),
        ({"min_confidence": {"*": 50.0, "tank": 10.0}, "labels": ("valve",)}, 50.0),
    ],
)
def test_a_model_is_asked_for_the_lowest_confidence_that_is_kept(
    changes: dict[str, Any], asked: float
) -> None:
    assert confidence_asked(replace(PROFILE, **changes)) == asked


@pytest.mark.parametrize("changes", [{}, {"labels": ("valve",)}])
def test_without_a_floor_the_model_keeps_its_own_thresholds(changes: dict[str, Any]) -> None:
    assert confidence_asked(replace(PROFILE, **changes)) is None
