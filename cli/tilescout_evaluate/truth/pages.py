"""What is really on pages, whatever file says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tilescout.detections import Direction
from tilescout.geometry import Box
from tilescout_datasets.formats.records import RecordTable

Kind = Literal["objects", "text", "snippets"]
"""What is compared: labelled boxes, words, or tags by their exact text."""


class UnusableTruth(Exception):
    """A file of ground truth cannot be used; tells rule, value and remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueItem:
    """Something that is on a page; ``line`` is that of a word, -1 where each is a line."""

    box: Box
    label: str = ""
    text: str = ""
    line: int = -1
    direction: Direction = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class TruePage:
    """A page (from 1) of ``file``; boxes in units of which the page as shown has ``width`` x
    ``height``, in points where these are 0. ``shown`` is the size that the file itself has."""

    file: Path
    page: int
    width: float = 0.0
    height: float = 0.0
    items: tuple[TrueItem, ...] = ()
    ignored: tuple[Box, ...] = ()
    shown: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """All pages of all files; ``kind`` is what they are good for, unless a person says else.

    ``table`` counts the records of the file, where one may be left out.
    """

    kind: Kind
    pages: tuple[TruePage, ...] = field(default_factory=tuple)
    table: RecordTable | None = None
