"""The settings that are tried: values of some fields of a profile."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import product
from typing import Any

from tilescout.profiles import Profile

Value = str | int | float
AXES = ("detector", "colour", "dpi", "tile_size", "overlap", "second_scale")
"""In the order in which the search looks along them: what matters most comes first."""
DPI_FACTORS = (0.67, 1.0, 1.33)
SIZE_FACTORS = (0.5, 1.0, 2.0)
OVERLAP_FACTORS = (0.5, 1.0, 2.0)
ROUND_DPI = 10
MOST_TILE_PX: dict[str, int] = {"custom-labels": 4096}
OTHERS_TILE_PX = 10_000


class UnusableSpace(Exception):
    """A field cannot be varied so; tells rule, value and remedy."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One value of each axis, in the order of the axes."""

    values: tuple[tuple[str, Value], ...]

    def __getitem__(self, axis: str) -> Value:
        return dict(self.values)[axis]

    @property
    def rank(self) -> tuple[tuple[str, float], ...]:
        """Orders candidates of the same axes, numbers before words."""
        return tuple(_order(value) for _, value in self.values)

    def having(self, axis: str, value: Value) -> Candidate:
        return Candidate(tuple((n, value if n == axis else v) for n, v in self.values))

    def profile(self, base: Profile) -> Profile:
        """``base`` with these values."""
        values: dict[str, Any] = dict(self.values)
        return replace(base, **values)

    def __str__(self) -> str:
        return ", ".join(f"{value} {_UNITS.get(name, '')}".strip() for name, value in self.values)


_UNITS = {"dpi": "dpi", "tile_size": "px", "overlap": "px overlap", "second_scale": "second scale"}


@dataclass(frozen=True, slots=True)
class Space:
    """Each axis with its values; ``base`` is where the search begins."""

    axes: tuple[tuple[str, tuple[Value, ...]], ...]
    base: Candidate

    def candidates(self) -> list[Candidate]:
        """Every combination that can be tiled and sent."""
        names = [name for name, _ in self.axes]
        every = product(*(values for _, values in self.axes))
        found = (Candidate(tuple(zip(names, values, strict=True))) for values in every)
        return [each for each in found if is_possible(each)]


def space(base: Profile, varied: Mapping[str, Sequence[Value]]) -> Space:
    """The axes named in ``varied``; dpi, tile_size and overlap around the profile's where none is.

    The profile's own values are always among them, but for the detector: only those named are
    asked. Raises UnusableSpace.
    """
    chosen = dict(varied) or around(base)
    known = {each.name for each in fields(Profile)}
    for name in chosen:
        if name not in AXES or name not in known:
            may = ", ".join(axis for axis in AXES if axis in known)
            raise UnusableSpace(f"--vary takes one of {may}; received {name!r}; correct it")
    axes = [
        (name, tuple(sorted({*chosen[name], *_own(base, name)}, key=_order)))
        for name in AXES
        if name in chosen
    ]
    own = {name: getattr(base, name) for name, _ in axes}
    start = Candidate(tuple((name, own[name] if own[name] in values else values[0])
                            for name, values in axes))  # fmt: skip
    return Space(tuple(axes), start)


def _own(base: Profile, name: str) -> tuple[Value, ...]:
    return () if name == "detector" else (getattr(base, name),)


def _order(value: Value) -> tuple[str, float]:
    return (value, 0.0) if isinstance(value, str) else ("", value)


def around(base: Profile) -> dict[str, list[Value]]:
    """A few values of dpi, tile size and overlap about those of the profile."""
    dpi = [ROUND_DPI * round(base.dpi * factor / ROUND_DPI) for factor in DPI_FACTORS]
    return {
        "dpi": [value for value in dpi if value != base.dpi],
        "tile_size": [round(base.tile_size * factor) for factor in SIZE_FACTORS],
        "overlap": [round(base.overlap * factor) for factor in OVERLAP_FACTORS],
    }


def is_possible(candidate: Candidate) -> bool:
    """Whether tiles are larger than their overlap, and not too large for the detector; a second
    scale is coarser than the first."""
    values: dict[str, Any] = dict(candidate.values)
    size = values.get("tile_size", math.inf)
    most = MOST_TILE_PX.get(values.get("detector", ""), OTHERS_TILE_PX)
    second = values.get("second_scale", 0)
    if not isinstance(second, str) and not 0 <= second < 1:
        return False
    return bool(values.get("overlap", 0) < size and (size == math.inf or size <= most))
