"""The two networks that Tilescout ships, which know made drawings only."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "models_files"
DETECTOR = FOLDER / "symbol_base.onnx"
"""Finds symbols of any kind; `python -m tilescout_train.base_detector` makes it."""
EMBEDDING = FOLDER / "symbol_embedding.onnx"
"""Tells how alike two symbols are; `python -m tilescout_train.base_embedding` makes it."""
USUAL_PX = 37.0
"""The side (geometric mean of width and height) of the symbols that the detector was trained on."""
USUAL_RANGE = (0.6, 1.6)
"""Sides over the usual one that it finds as well."""


def best_dpi(side_px: float, dpi: int) -> int:
    """Returns the dpi at which symbols, ``side_px`` at ``dpi``, have the usual size."""
    return max(36, min(600, round(dpi * USUAL_PX / side_px / 5) * 5))


def has_usual_size(side_px: float) -> bool:
    """Tells if symbols of this side are found as well as those that the detector knows."""
    return USUAL_RANGE[0] <= side_px / USUAL_PX <= USUAL_RANGE[1]
