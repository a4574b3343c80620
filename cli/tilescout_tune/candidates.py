"""The settings that are tried: values of some fields of a profile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from tilescout.profiles import Profile

Value = str | int | float
INPUT_SCALE = "input_scale"
"""No field of a profile: multiplies those of ``SCALED``, so that the same parts of a page are shown
to the detector larger or smaller."""
SCALED = ("dpi", "tile_size", "overlap")
SECOND_SCALE_AXIS = "second_scale"
AXES = ("detector", "colour", "dpi", INPUT_SCALE, "tile_size", "overlap", SECOND_SCALE_AXIS)
"""In the order in which the search looks along them: what matters most comes first."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One value of each varied field of a profile, in the order of the axes."""

    values: tuple[tuple[str, Value], ...]

    def __getitem__(self, name: str) -> Value:
        return dict(self.values)[name]

    @property
    def rank(self) -> tuple[tuple[str, float], ...]:
        """Orders candidates of the same fields, numbers before words."""
        return tuple(order_of(value) for _, value in self.values)

    def but(self, *names: str) -> tuple[tuple[str, Value], ...]:
        """All other values."""
        return tuple(pair for pair in self.values if pair[0] not in names)

    def having(self, name: str, value: Value) -> Candidate:
        return Candidate(tuple((n, value if n == name else v) for n, v in self.values))

    def profile(self, base: Profile) -> Profile:
        """``base`` with these values."""
        values: dict[str, Any] = dict(self.values)
        return replace(base, **values)

    def __str__(self) -> str:
        return ", ".join(f"{value} {_UNITS.get(name, '')}".strip() for name, value in self.values)


_UNITS = {"dpi": "dpi", "tile_size": "px", "overlap": "px overlap", "second_scale": "second scale"}


@dataclass(frozen=True, slots=True)
class Space:
    """``settings`` are all that can be tried, each once; ``base`` is where the search begins.

    ``axes`` are the directions to look in; ``scaled`` are settings that show the same parts of a
    page at several input scales.
    """

    axes: tuple[str, ...]
    base: Candidate
    settings: tuple[Candidate, ...]
    scaled: tuple[frozenset[Candidate], ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """Those of a profile that are varied."""
        return tuple(name for name, _ in self.base.values)

    @property
    def detectors(self) -> tuple[str, ...]:
        """Those to choose from; none where the profile's own is asked."""
        if "detector" not in self.fields:
            return ()
        return tuple(sorted({str(each["detector"]) for each in self.settings}))

    def along(self, axis: str, here: Candidate) -> set[Candidate]:
        """What differs from ``here`` in this direction alone, and itself where it can be tried."""
        if axis == INPUT_SCALE:
            return {each for line in self.scaled if here in line for each in line}
        others = here.but(axis)
        return {each for each in self.settings if each.but(axis) == others}

    def with_second_scales(self, settings: Iterable[Candidate]) -> set[Candidate]:
        """Each with every second scale: it takes few calls more, and what it is worth depends on
        all the others."""
        return {other for each in settings for other in self.along(SECOND_SCALE_AXIS, each)}


def order_of(value: Value) -> tuple[str, float]:
    """Numbers before words."""
    return (value, 0.0) if isinstance(value, str) else ("", value)
