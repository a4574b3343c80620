"""The candidates of a search: values for some fields of a profile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tilescout.detector_kinds import KINDS, may_have
from tilescout.profiles import Profile

Value = str | int | float
INPUT_SCALE = "input_scale"
"""An axis that is no field of a profile. It multiplies the fields of ``SCALED``, so that a detector
sees the same parts of a page larger or smaller."""
SCALED = ("dpi", "tile_size", "overlap")
SECOND_SCALE_AXIS = "second_scale"
AXES = ("detector", "colour", "dpi", INPUT_SCALE, "tile_size", "overlap", SECOND_SCALE_AXIS)
"""The axes in the order in which the search follows them, the most influential first."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One value for each field that varies, in the order of the axes."""

    values: tuple[tuple[str, Value], ...]

    def __getitem__(self, name: str) -> Value:
        return dict(self.values)[name]

    @property
    def rank(self) -> tuple[tuple[str, float], ...]:
        """A key that sorts candidates of the same fields, numbers before words."""
        return tuple(sort_key(value) for _, value in self.values)

    def without(self, *names: str) -> tuple[tuple[str, Value], ...]:
        """Returns the values of all other fields."""
        return tuple(pair for pair in self.values if pair[0] not in names)

    def with_value(self, name: str, value: Value) -> Candidate:
        return Candidate(tuple((n, value if n == name else v) for n, v in self.values))

    def profile(self, base: Profile) -> Profile:
        """Returns ``base`` with these values."""
        values: dict[str, Any] = dict(self.values)
        return replace(base, **values)

    def __str__(self) -> str:
        return ", ".join(f"{value} {_UNITS.get(name, '')}".strip() for name, value in self.values)


_UNITS = {"dpi": "dpi", "tile_size": "px", "overlap": "px overlap", "second_scale": "second scale"}


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """The space of a search: ``candidates`` are all that can be tried, ``base`` is where it begins.

    ``axes`` are the directions of the search; ``scaled`` are sets of candidates that show the same
    parts of a page at several input scales.
    """

    axes: tuple[str, ...]
    base: Candidate
    candidates: tuple[Candidate, ...]
    scaled: tuple[frozenset[Candidate], ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of a profile that vary."""
        return tuple(name for name, _ in self.base.values)

    @property
    def detectors(self) -> tuple[str, ...]:
        """The detectors to choose from, none if only the profile's own is tried."""
        if "detector" not in self.fields:
            return ()
        return tuple(sorted({str(candidate["detector"]) for candidate in self.candidates}))

    def along(self, axis: str, here: Candidate) -> set[Candidate]:
        """Returns the candidates that differ from ``here`` on this axis only, and ``here`` if it is
        one."""
        if axis == INPUT_SCALE:
            return {candidate for line in self.scaled if here in line for candidate in line}
        others = here.without(axis)
        return {candidate for candidate in self.candidates if candidate.without(axis) == others}

    def with_second_scales(self, candidates: Iterable[Candidate]) -> set[Candidate]:
        """Returns the candidates with every second scale.

        A second scale takes few more calls, and its benefit depends on all other fields.
        """
        return {
            other for candidate in candidates for other in self.along(SECOND_SCALE_AXIS, candidate)
        }


def sort_key(value: Value) -> tuple[str, float]:
    """Returns a key that sorts numbers before words."""
    return (value, 0.0) if isinstance(value, str) else ("", value)


def merge_settings(written: Mapping[str, Any], chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Returns ``written`` with ``chosen``, without members that the chosen detector cannot have.

    A chosen dpi is that of every page.
    """
    whole = {**written, **chosen}
    if "dpi" in chosen:
        whole.pop("max_dpi", None)
    kind = KINDS.get(whole.get("detector", ""))
    return {name: value for name, value in whole.items() if kind is None or may_have(kind, name)}
