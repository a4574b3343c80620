"""Writes a search as a profile for the stack: settings for cdk.json, and the learned examples."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilescout.detector_kinds import BY_EXAMPLE
from tilescout.errors import TilescoutError
from tilescout.example_search.symbol_files import SymbolFile, to_file
from tilescout_examples.boxes import BoxOnPage
from tilescout_examples.pages import SCAN_DPI
from tilescout_examples.symbols import Symbols

SUFFIX = ".examples"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
"""The names that the stack takes for a profile; a test compares them with its configuration."""
TILE_PX, OVERLAP_PX = 2048, 256
SECONDS_PER_TILE = 6.0
"""The time of a page of many strokes, or of a tile of a scan, on a core of Lambda."""


class ProfileExists(TilescoutError):
    """The configuration has a profile of that name already."""


class ImpossibleName(TilescoutError):
    """A profile cannot have this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfilePlaces:
    """The cdk.json that takes profiles, if there is one, and the folder of all other files."""

    configuration: Path | None = None
    folder: Path = Path("out/find-like")


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedProfile:
    """The file that has the profile ``name`` now, and the file of its examples."""

    name: str
    settings: Path
    examples: Path

    @property
    def told(self) -> str:
        """Returns where the profile is, and what is left to do."""
        return (
            f"profile {self.name} written to {self.settings}; after the next deployment activate "
            f"its examples with `tilescout onnx promote {self.examples} --project {self.name}`"
        )


def write_profile(symbols: Symbols, name: str, least: float, places: ProfilePlaces) -> SavedProfile:
    """Adds the profile to cdk.json, or writes it to a file of its own, with a file of its examples.

    Raises ImpossibleName, ProfileExists where another detector has a profile of that name, and
    TilescoutError where an example cannot be used on scans.
    """
    check_name(name)
    written = _with_profile(places.configuration, name, settings(symbols, name, least))
    examples = places.folder / f"{name}{SUFFIX}"
    target = places.configuration or places.folder / f"{name}.profile.json"
    places.folder.mkdir(parents=True, exist_ok=True)
    examples.write_bytes(to_file(symbol_file(symbols)))
    target.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n")
    return SavedProfile(name=name, settings=target, examples=examples)


def check_name(name: str) -> None:
    """Raises ImpossibleName for a name that the stack refuses for a profile."""
    if not NAME.fullmatch(name):
        raise ImpossibleName(
            "a profile's name has 1 to 63 lowercase letters, digits and hyphens, and does not "
            f"begin with a hyphen; it is {name!r}; give another name"
        )


def _with_profile(configuration: Path | None, name: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Returns the whole of a cdk.json with the profile, or the profile alone by its name."""
    if configuration is None:
        return {name: wanted}
    written: dict[str, Any] = json.loads(configuration.read_text())
    profiles = written["context"]["tilescout"]["profiles"]
    known = profiles.get(name, {"detector": BY_EXAMPLE})
    if known.get("detector") != BY_EXAMPLE:
        raise ProfileExists(
            f"{configuration} has a profile {name!r} with detector {known.get('detector')}; "
            "give another name"
        )
    profiles[name] = known | wanted
    return written


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
