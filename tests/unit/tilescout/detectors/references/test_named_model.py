"""Naming what the shipped detector finds by one picture per class."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tilescout.detectors.onnx.model import ServedModel
from tilescout.detectors.references.named_model import NamedModel, Namer, open_model
from tilescout.detectors.references.reference_set import with_references
from tilescout.errors import UnusableModel
from tilescout.geometry import Box, iou
from tilescout_datasets.references import base_models, sources
from tilescout_samples.made_pages.paper import drawn
from tilescout_samples.sheet import Sheet
from tilescout_samples.symbols import place_symbol

LABELS = ("pump", "fire-alarm", "light")
PX_PER_MM = 150 / 25.4


def sheet_of(labels: tuple[str, ...], turn: int = 0) -> tuple[np.ndarray, list[Box]]:
    """Symbols in a row, 20 mm apart, and their boxes in px at 150 dpi."""
    sheet = Sheet(20.0 * len(labels), 20.0, random.Random(5))
    boxes = [
        place_symbol(sheet, label, (10.0 + 20 * at, 10.0), 8.0, turn).scale(PX_PER_MM)
        for at, label in enumerate(labels)
    ]
    return drawn(sheet, 150), boxes


@cache
def model(labels: tuple[str, ...] = LABELS) -> NamedModel:
    page, boxes = sheet_of(labels)
    found = [sources.reference_of(*each) for each in zip(labels, [page] * 9, boxes, strict=False)]
    references = sources.as_set(found, 150, base_models.EMBEDDING.read_bytes(), 0.5)
    opened = open_model(with_references(base_models.DETECTOR.read_bytes(), references))
    assert isinstance(opened, NamedModel)
    return opened


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_symbols_in_any_quarter_turn_are_found_and_named(turn: int) -> None:
    page, boxes = sheet_of(("light", "pump", "fire-alarm"), turn)

    answer = model().find(page, 50)

    named = [
        next((model().card.labels[label] for box, label in zip(answer.boxes, answer.labels,
              strict=True) if iou(Box(*map(float, box)), wanted) > 0.5), "")
        for wanted in boxes
    ]  # fmt: skip
    assert named == ["light", "pump", "fire-alarm"]


def test_a_symbol_like_no_reference_is_unknown() -> None:
    page, _ = sheet_of(("socket-outlet",))

    answer = model(("pump",)).find(page, 50)

    assert [model(("pump",)).card.labels[at] for at in answer.labels] == ["unknown"]


def test_sizes_tell_classes_apart_where_they_count() -> None:
    page, boxes = sheet_of(("pump",))
    one = sources.reference_of("large", page, boxes[0])
    small = replace(one, name="small", size=(one.size[0] / 2, one.size[1] / 2))
    sides = np.array([boxes[0].left, boxes[0].top, boxes[0].right, boxes[0].bottom])
    embedding = base_models.EMBEDDING.read_bytes()

    told = sources.as_set([one, small], 150, embedding, 0.5, sizes_count=True)
    only_small = sources.as_set([small], 150, embedding, 0.65, sizes_count=True)
    any_size = sources.as_set([small], 150, embedding, 0.65)

    names = [s.labels[Namer(s).named(page, sides)[0]] for s in (told, only_small, any_size)]
    assert names == ["large", "unknown", "small"]


def test_an_empty_tile_has_no_symbol() -> None:
    answer = model().find(np.full((256, 256), 255, np.uint8), 50)

    assert answer.boxes.shape == (0, 4)


def test_the_card_has_the_classes_and_unknown() -> None:
    assert model().card.labels == ("fire-alarm", "light", "pump", "unknown")
    assert model().card.has_references


def test_a_file_without_references_is_served_as_it_is() -> None:
    opened = open_model(base_models.DETECTOR.read_bytes())

    assert isinstance(opened, ServedModel)
    assert opened.card.labels == ("symbol",)
    assert opened.card.input.paper_is_white


def test_a_set_without_pictures_is_refused() -> None:
    references = sources.as_set([sources.reference_of("pump", *_first())], 150, b"", 0.5)
    empty = type(references)(
        names=(), ink=references.ink[:0], sizes=references.sizes[:0], dpi=150, embedding=b""
    )
    with pytest.raises(UnusableModel, match="must have a picture"):
        Namer(empty)


def _first() -> tuple[np.ndarray, Box]:
    page, boxes = sheet_of(("pump",))
    return page, boxes[0]
