"""Profiles as ``cdk.json`` has them, for tests that change one thing of them."""

from __future__ import annotations

from typing import Any

from infra.config.stack_config import Config, parse_config

MODEL = {
    "detector": "custom-labels",
    "model_project": "valves",
    "dpi": 150,
    "tile_size": 1024,
    "overlap": 128,
}
TEXT = {"detector": "textract", "dpi": 200, "tile_size": 2048, "overlap": 256}


def parsed(settings: dict[str, Any] | None = None, **profiles: dict[str, Any]) -> Config:
    return parse_config({"tilescout": {"settings": settings or {}, "profiles": profiles}})


def parsed_with(**changes: Any) -> Config:
    return parsed(text=TEXT | {"default": True} | changes)
