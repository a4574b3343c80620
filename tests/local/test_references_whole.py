"""From pictures of symbols to named detections, by the commands that a person types."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.local.system import tilescout
from tilescout.geometry import Box, iou
from tilescout_samples.made_pages.paper import drawn
from tilescout_samples.sheet import Sheet
from tilescout_samples.symbols import place_symbol

SIZES = {"gate-valve": 9.0, "control-valve": 9.0, "pump": 10.0, "light": 7.0,
         "socket-outlet": 7.0, "fire-alarm": 6.5}  # fmt: skip
NOT_REFERRED_TO = "fire-alarm"


def write_pictures(folder: Path) -> None:
    """Writes a picture of each class but one, ``LABEL.png``."""
    folder.mkdir()
    for label, size in SIZES.items():
        sheet = Sheet(24.0, 24.0, random.Random(3))
        place_symbol(sheet, label, (12.0, 12.0), size, 0)
        if label != NOT_REFERRED_TO:
            Image.fromarray(drawn(sheet, 150)).save(folder / f"{label}.png")


def write_sheet(file: Path) -> list[tuple[str, Box]]:
    """Draws every symbol in four turns, and returns labels and boxes in points."""
    sheet = Sheet(160.0, 160.0, random.Random(11))
    for row, (label, size) in enumerate(SIZES.items()):
        for column, turn in enumerate((0, 90, 180, 270)):
            place_symbol(sheet, label, (20.0 + 36 * column, 16.0 + 25 * row), size, turn)
    sheet.finish().save(file)
    return [(e["label"], Box(*e["box_pt"])) for e in sheet.truth.symbols]


@pytest.mark.long
def test_symbols_are_named_by_pictures_and_others_are_unknown(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures")
    truth = write_sheet(tmp_path / "plant.pdf")
    profile = ("--profile", "symbols-onnx")

    for command in (
        ("local", "up"),
        ("references", "make", "pictures", "--out", "set.onnx", *profile),
        ("onnx", "promote", "set.onnx", "--local", "--name", "r1"),
        ("detect", "--local", *profile, "plant.pdf"),
        ("local", "down"),
    ):
        done = tilescout(*command, cwd=tmp_path)
        assert done.returncode == 0, done.stderr

    [file] = (tmp_path / "out").rglob("detections.json")
    result = json.loads(file.read_text())
    assert result["document"]["model_version"].startswith("models/sample-symbols-onnx/version/r1/")
    named = [
        next((e["label"] for e in result["detections"] if iou(Box(*e["box_pt"]), box) >= 0.5), "")
        for _, box in truth
    ]
    wanted = ["unknown" if label == NOT_REFERRED_TO else label for label, _ in truth]
    assert np.mean([one == other for one, other in zip(named, wanted, strict=True)]) >= 0.85
