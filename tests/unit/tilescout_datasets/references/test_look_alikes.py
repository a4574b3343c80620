"""Classes that look alike, and the picture of a set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from tests.unit.tilescout.detectors.references.test_named_model import sheet_of
from tilescout.detectors.references.named_model import Namer
from tilescout.detectors.references.reference_set import ReferenceSet
from tilescout_datasets.references import base_models, look_alikes, sources


def some() -> ReferenceSet:
    """Two classes with the same symbol, and one with another."""
    page, boxes = sheet_of(("pump", "light"))
    found = [
        sources.reference_of("a", page, boxes[0]),
        sources.reference_of("b", page, boxes[1]),
        sources.reference_of("c", page, boxes[0]),
    ]
    return sources.as_set(found, 150, base_models.EMBEDDING.read_bytes(), 0.5)


def test_classes_with_the_same_picture_cannot_be_told_apart() -> None:
    references = some()
    alike = look_alikes.likeness_of_classes(references, Namer(references))

    [pair] = [e for e in look_alikes.alike_classes(references, alike) if e.cannot_be_told_apart]

    assert (pair.one, pair.other) == ("a", "c")


def test_look_alikes_stand_beside_each_other() -> None:
    alike = np.array([[1, 0.1, 0.9], [0.1, 1, 0.2], [0.9, 0.2, 1]], dtype=np.float32)

    assert look_alikes.ordered(alike) == [0, 2, 1]


def test_the_sheet_has_a_row_for_each_class(tmp_path: Path) -> None:
    references = some()
    alike = look_alikes.likeness_of_classes(references, Namer(references))

    look_alikes.write_sheet(references, alike, tmp_path / "sheet.png")

    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.height == 180
