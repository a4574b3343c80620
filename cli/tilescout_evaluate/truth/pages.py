"""The ground truth of pages, whatever file it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tilescout.detections import Direction
from tilescout.geometry import Box
from tilescout_datasets.formats.records import RecordTable

Kind = Literal["objects", "text", "snippets"]
"""The kind of items to compare: labelled boxes, words, or tags by their exact text."""


class UnusableTruth(Exception):
    """A file of ground truth cannot be used; the message tells rule, value and remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueItem:
    """An item on a page; ``line`` is the line of a word, or -1 if the item is a line of its own."""

    box: Box
    label: str = ""
    text: str = ""
    line: int = -1
    direction: Direction = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class TruePage:
    """A page (from 1) of ``file``; boxes are in units of which the shown page has ``width`` x
    ``height``, or in points if these are 0. ``shown`` is the size in the file itself."""

    file: Path
    page: int
    width: float = 0.0
    height: float = 0.0
    items: tuple[TrueItem, ...] = ()
    ignored: tuple[Box, ...] = ()
    shown: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The pages of all files; they are evaluated as ``kind`` by default.

    ``table`` counts the records of the file, if some may be left out.
    """

    kind: Kind
    pages: tuple[TruePage, ...] = field(default_factory=tuple)
    table: RecordTable | None = None
