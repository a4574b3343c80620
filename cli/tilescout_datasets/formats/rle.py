"""Boxes of run-length encoded masks, as COCO and CVAT write them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

from tilescout.geometry import Box
from tilescout_datasets.formats.records import LeftOut, number


def coco_box(mask: dict[str, Any]) -> Box:
    """Returns the box of a COCO mask: ``size`` (height, width) and ``counts``, the lengths of runs
    down the columns, of nothing first; as a list or as text.

    Raises LeftOut, KeyError, TypeError or ValueError.
    """
    height, width = (int(number(side)) for side in mask["size"])
    counts = mask["counts"]
    runs = _decoded(counts) if isinstance(counts, str) else [int(number(run)) for run in counts]
    return _box(runs, lines=width, length=height, runs_down=True)


def cvat_box(text: str, left: float, top: float, size: tuple[int, int]) -> Box:
    """Returns the box of a CVAT mask: runs along the rows of a part of the page at ``left``,
    ``top`` of ``size`` (width, height). Raises LeftOut or ValueError."""
    runs = [int(run) for run in text.split(",")]
    return _box(runs, lines=size[1], length=size[0], runs_down=False).shift(left, top)


def _decoded(text: str) -> list[int]:
    """The runs in pycocotools' text: five bits per character, the sixth says that more follow;
    from the third on a run is the difference to the one before the last."""
    runs: list[int] = []
    value = shift = 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64:
            raise LeftOut("a mask cannot be decoded", f"character {character!r}")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value = shift = 0
    return runs


def _box(runs: Sequence[int], *, lines: int, length: int, runs_down: bool) -> Box:
    """The box of the runs that are set, of ``lines`` lines of ``length`` pixels."""
    ends = list(accumulate(runs, initial=0))
    if any(run < 0 for run in runs) or ends[-1] != lines * length:
        raise LeftOut("a mask cannot be decoded", f"{ends[-1]} pixels of {lines} x {length}")
    spans = [(first, last) for first, last in list(pairwise(ends))[1::2] if last > first]
    if not spans:
        raise LeftOut("an empty mask")
    first_line, last_line = spans[0][0] // length, (spans[-1][1] - 1) // length + 1
    # A run that goes on in the next line has the last pixel of one and the first of the other.
    is_across = any((last - 1) // length > first // length for first, last in spans)
    start = 0 if is_across else min(first % length for first, _ in spans)
    end = length if is_across else max((last - 1) % length + 1 for _, last in spans)
    if runs_down:
        return Box(first_line, start, last_line, end)
    return Box(start, first_line, end, last_line)
