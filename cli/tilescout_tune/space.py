"""The settings that are tried: values of some fields of a profile."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from tilescout.profiles import Profile
from tilescout_tune.setting_bounds import SECOND_SCALE, TILE_PX, is_coarser, unfit_for_detector

Value = str | int | float
INPUT_SCALE = "input_scale"
"""No field of a profile: multiplies those of ``SCALED``, so that the same parts of a page are shown
to the detector larger or smaller."""
SCALED = ("dpi", "tile_size", "overlap")
SECOND_SCALE_AXIS = "second_scale"
AXES = ("detector", "colour", "dpi", INPUT_SCALE, "tile_size", "overlap", SECOND_SCALE_AXIS)
"""In the order in which the search looks along them: what matters most comes first."""
DPI_FACTORS = (0.67, 1.33)
SIZE_FACTORS = (0.5, 1.0, 2.0)
OVERLAP_FACTORS = (0.5, 1.0, 2.0)
SCALES = (0.5, 2.0)
"""Far enough to find the dpi that a detector knows from half or twice as much."""
ROUND_DPI = 10
_WHOLE: tuple[str, Callable[[Value], bool]] = (
    "whole numbers",
    lambda value: isinstance(value, int),
)
TAKEN: dict[str, tuple[str, Callable[[Value], bool]]] = {
    "detector": (f"one of {', '.join(TILE_PX)}", lambda value: value in TILE_PX),
    "colour": ("grey or rgb", lambda value: value in ("grey", "rgb")),
    "dpi": _WHOLE,
    "tile_size": _WHOLE,
    "overlap": _WHOLE,
    INPUT_SCALE: (
        "numbers over 0, such as 0.5 or 2",
        lambda value: not isinstance(value, str) and 0 < value < math.inf,
    ),
    "second_scale": (
        f"page, 0, or numbers from {SECOND_SCALE[0]} to {SECOND_SCALE[1]}",
        lambda value: value in ("page", 0) or is_coarser(value),
    ),
}


class UnusableSpace(Exception):
    """A field cannot be varied so; tells rule, value and remedy."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One value of each varied field of a profile, in the order of the axes."""

    values: tuple[tuple[str, Value], ...]

    def __getitem__(self, name: str) -> Value:
        return dict(self.values)[name]

    @property
    def rank(self) -> tuple[tuple[str, float], ...]:
        """Orders candidates of the same fields, numbers before words."""
        return tuple(_order(value) for _, value in self.values)

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


def space(base: Profile, varied: Mapping[str, Sequence[Value]]) -> Space:
    """The axes named in ``varied``, or those of `around` where none is.

    The profile's own values are always among them, but for the detector: only those named are
    asked. What is the same setting by two ways is one. Raises UnusableSpace.
    """
    chosen = dict(varied) or around(base)
    for name, values in chosen.items():
        _check(name, values)
    axes = {
        name: tuple(sorted({*chosen[name], *_own(base, name)}, key=_order))
        for name in AXES
        if name in chosen
    }
    if varied:
        _refuse_unfit(axes, base)
    lines = [_possible(line, base) for line in _lines(axes, base)]
    if not any(lines):
        raise UnusableSpace(
            "tiles must be twice as large as their overlap, and none is; vary tile_size or overlap"
        )
    own = {"detector": base.detector, **{n: v for n in axes for v in _own(base, n)}}
    start = {n: own[n] if own[n] in values else values[0] for n, values in axes.items()}
    return Space(
        axes=tuple(axes),
        base=_resolved(start, base),
        settings=tuple(dict.fromkeys(each for line in lines for each in line)),
        scaled=tuple(map(frozenset, lines)) if INPUT_SCALE in axes else (),
    )


def _check(name: str, values: Sequence[Value]) -> None:
    if name not in AXES:
        raise UnusableSpace(f"--vary takes one of {', '.join(AXES)}; received {name!r}; correct it")
    takes, is_taken = TAKEN[name]
    for value in values:
        if not is_taken(value):
            raise UnusableSpace(f"{name} takes {takes}; received {value!r}; correct it")


def _refuse_unfit(axes: Mapping[str, tuple[Value, ...]], base: Profile) -> None:
    """What no detector takes is told before anything is asked; what one of several does not take is
    not asked of it."""
    detectors = axes.get("detector", (base.detector,))
    for values in _products({**axes, "detector": ("",)}):
        scale = values.get(INPUT_SCALE, 1)
        each = [_resolved({**values, "detector": name}, base) for name in detectors]
        reasons = [unfit_for_detector(c.profile(base), base.tile_size) for c in each]
        if all(reasons):
            remedy = f"leave out input_scale {scale:g}" if scale != 1 else "leave it out"
            raise UnusableSpace(f"{'; '.join(reasons)} ({_shown(values, base)}); {remedy}")


def _shown(values: Mapping[str, Value], base: Profile) -> str:
    """What a person gave, or the profile has."""
    given = {name: getattr(base, name) for name in ("dpi", "tile_size")} | dict(values)
    names = (name for name in ("dpi", "tile_size", INPUT_SCALE) if name in given)
    return ", ".join(f"{name} {given[name]}" for name in names)


def _lines(axes: Mapping[str, tuple[Value, ...]], base: Profile) -> Iterator[list[Candidate]]:
    """Every combination; those that differ in their input scale alone together."""
    scales = axes.get(INPUT_SCALE, (1,))
    for values in _products({name: axes[name] for name in axes if name != INPUT_SCALE}):
        scaled = ({**values, INPUT_SCALE: scale} for scale in scales)
        yield [_resolved(each if INPUT_SCALE in axes else values, base) for each in scaled]


def _products(axes: Mapping[str, tuple[Value, ...]]) -> Iterator[dict[str, Value]]:
    return (dict(zip(axes, values, strict=True)) for values in product(*axes.values()))


def _resolved(values: Mapping[str, Value], base: Profile) -> Candidate:
    """As fields of a profile, in whole dots and pixels."""
    fields = dict(values)
    scale = fields.pop(INPUT_SCALE, None)
    if scale is not None:
        given = {name: fields.get(name, getattr(base, name)) for name in SCALED}
        fields |= {name: round(float(scale) * float(given[name])) for name in SCALED}
    return Candidate(tuple((name, fields[name]) for name in AXES if name in fields))


def _possible(line: Sequence[Candidate], base: Profile) -> list[Candidate]:
    profiles = [(each, each.profile(base)) for each in line]
    return [
        each
        for each, profile in profiles
        if profile.overlap <= profile.tile_size // 2
        and not unfit_for_detector(profile, base.tile_size)
    ]


def _own(base: Profile, name: str) -> tuple[Value, ...]:
    if name == "detector":
        return ()
    return (1,) if name == INPUT_SCALE else (getattr(base, name),)


def _order(value: Value) -> tuple[str, float]:
    return (value, 0.0) if isinstance(value, str) else ("", value)


def around(base: Profile) -> dict[str, list[Value]]:
    """A few values of dpi, tile size and overlap about those of the profile, and input scales."""
    return {
        "dpi": [ROUND_DPI * round(base.dpi * factor / ROUND_DPI) for factor in DPI_FACTORS],
        INPUT_SCALE: list(SCALES),
        "tile_size": [round(base.tile_size * factor) for factor in SIZE_FACTORS],
        "overlap": [round(base.overlap * factor) for factor in OVERLAP_FACTORS],
    }
