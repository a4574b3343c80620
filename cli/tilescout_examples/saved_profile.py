"""Writes a search as a profile for the stack: settings for cdk.json, and the learned examples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tilescout.detector_kinds import BY_EXAMPLE
from tilescout.errors import TilescoutError
from tilescout.example_search.symbol_files import SymbolFile, to_file
from tilescout_examples.boxes import BoxOnPage
from tilescout_examples.pages import SCAN_DPI
from tilescout_examples.symbols import Symbols

SUFFIX = ".examples"
TILE_PX, OVERLAP_PX = 2048, 256
SECONDS_PER_TILE = 6.0
"""The time of a page of many strokes, or of a tile of a scan, on a core of Lambda."""


class ProfileExists(TilescoutError):
    """The configuration has a profile of that name already."""


def write_profile(
    symbols: Symbols, name: str, least: float, configuration: Path, folder: Path
) -> Path:
    """Adds the profile to a cdk.json, and writes the file of its examples; returns that file.

    Raises ProfileExists where the profile is there, and TilescoutError where an example cannot be
    used on scans.
    """
    written = json.loads(configuration.read_text())
    profiles = written["context"]["tilescout"]["profiles"]
    known = profiles.get(name)
    if known and known.get("detector") != BY_EXAMPLE:
        raise ProfileExists(
            f"{configuration} has a profile {name!r} with detector {known.get('detector')}; "
            "give another name"
        )
    profiles[name] = (known or {}) | settings(symbols, name, least)
    file = folder / f"{name}{SUFFIX}"
    folder.mkdir(parents=True, exist_ok=True)
    file.write_bytes(to_file(symbol_file(symbols)))
    configuration.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n")
    return file


def symbol_file(symbols: Symbols) -> SymbolFile:
    """Returns the learned symbols for strokes and for pixels."""
    return SymbolFile(strokes=symbols.strokes or (), pixels=symbols.pixels())


def settings(symbols: Symbols, name: str, least: float) -> dict[str, Any]:
    """Returns the profile as cdk.json has it."""
    boxes = [(box, False) for box in symbols.examples] + [(box, True) for box in symbols.rejects]
    return {
        "detector": BY_EXAMPLE,
        "model_project": name,
        "dpi": SCAN_DPI,
        "tile_size": TILE_PX,
        "overlap": OVERLAP_PX,
        "min_confidence": {"*": round(100 * least, 1)},
        "seconds_per_tile": SECONDS_PER_TILE,
        "schedule": "on-upload",
        "examples": [_example(box, reject) for box, reject in boxes],
    }


def _example(place: BoxOnPage, reject: bool) -> dict[str, Any]:
    box = place.box
    sides = [round(side, 2) for side in (box.left, box.top, box.right, box.bottom)]
    row = {"pdf": place.file.name, "page": place.page, "box": sides}
    return row | ({"reject": True} if reject else {"label": place.label})
