"""A model that should know the symbols of the sample drawings is tried on them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import tilescout_local
from tilescout.detectors.onnx.model import ServedModel
from tilescout.profiles import Profile
from tilescout_cli.promotion import known_symbols

SAMPLE = Path(tilescout_local.__file__).parent / "models_files" / "sample_symbols.onnx"
PROFILE = Profile(name="s", detector="onnx", model_project="p", dpi=150, tile_size=1024,
                  overlap=128)  # fmt: skip


@pytest.fixture(scope="module")
def sample() -> ServedModel:
    return ServedModel(SAMPLE.read_bytes())


def test_the_sample_model_finds_its_symbols(sample: ServedModel) -> None:
    assert list(known_symbols.warnings(sample, PROFILE)) == []


def test_labels_that_stand_for_another_symbol_are_told(sample: ServedModel) -> None:
    turned = ServedModel(SAMPLE.read_bytes(), replace(sample.card, labels=sample.card.labels[::-1]))
    told = list(known_symbols.warnings(turned, PROFILE))
    assert len(told) >= 4
    assert "it finds none where it is" in told[0]


def test_labels_that_the_samples_do_not_have_are_not_tried(sample: ServedModel) -> None:
    labels = tuple(f"label {at}" for at in range(len(sample.card.labels)))
    other = ServedModel(SAMPLE.read_bytes(), replace(sample.card, labels=labels))
    assert list(known_symbols.warnings(other, PROFILE)) == []
