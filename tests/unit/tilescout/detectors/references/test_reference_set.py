"""Sets of references inside of a detector's file."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tilescout.detectors.onnx.model import ServedModel
from tilescout.detectors.references.reference_set import (
    ReferenceSet,
    references_in,
    with_references,
    without_references,
)
from tilescout.errors import UnusableModel
from tilescout_datasets.references import base_models


def some() -> ReferenceSet:
    return ReferenceSet(
        names=("pump", "pump", "valve"),
        ink=np.arange(3 * 48 * 48, dtype=np.uint32).astype(np.uint8).reshape(3, 48, 48),
        sizes=np.array([[40, 30], [41, 30], [20, 25]], dtype=np.float32),
        dpi=120,
        embedding=b"embedding",
        min_likeness=0.6,
    )


def test_a_detector_with_references_is_a_model_file_that_tells_them() -> None:
    file = with_references(base_models.DETECTOR.read_bytes(), some())

    read = references_in(ServedModel(file).metadata)

    assert read is not None
    assert read.names == ("pump", "pump", "valve")
    assert np.array_equal(read.ink, some().ink)
    assert read.sizes.tolist() == [[40, 30], [41, 30], [20, 25]]
    assert (read.dpi, read.embedding, read.min_likeness) == (120, b"embedding", 0.6)
    assert read.labels == ("pump", "valve", "unknown")


def test_the_detector_is_taken_out_as_it_was() -> None:
    detector = base_models.DETECTOR.read_bytes()
    file = with_references(detector, some())

    assert without_references(file, ServedModel(file).metadata) == detector


def test_references_are_not_added_twice() -> None:
    file = with_references(base_models.DETECTOR.read_bytes(), some())

    with pytest.raises(UnusableModel, match="this file has some"):
        with_references(file, some())


def test_a_file_without_references_has_none() -> None:
    assert references_in({"format": "tilescout-centres/1"}) is None


@pytest.mark.parametrize("told", ["", "{}", json.dumps({"format": "other/9"})])
def test_damaged_references_are_refused_with_the_remedy(told: str) -> None:
    with pytest.raises(UnusableModel, match="make the set again"):
        references_in({"references": told})
