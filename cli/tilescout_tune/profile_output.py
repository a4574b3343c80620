"""A tuned profile as it goes into cdk.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MODELS = ("custom-labels", "onnx")
_READERS = ("textract", "rekognition-text", "pdf-text")
_ONLY_OF: dict[str, tuple[str, ...]] = {
    "model_project": _MODELS,
    "seconds_per_tile": ("onnx",),
    "find": _READERS,
    "text_layer": _READERS,
    "second_scale": (*_MODELS, "textract", "rekognition-text"),
}
"""Members that a profile of another detector must not have."""


def pasted(written: Mapping[str, Any], chosen: Mapping[str, Any]) -> dict[str, Any]:
    """``written`` with what was ``chosen``, less what the chosen detector cannot have."""
    whole = {**written, **chosen}
    detector = whole.get("detector")
    return {
        name: value for name, value in whole.items() if detector in _ONLY_OF.get(name, (detector,))
    }
