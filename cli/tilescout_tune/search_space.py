"""Builds the candidates to try from the values that a person varies, or around a profile."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product

from tilescout.detector_kinds import KINDS
from tilescout.profiles import Profile
from tilescout_tune.candidates import (
    AXES,
    INPUT_SCALE,
    SCALED,
    Candidate,
    SearchSpace,
    Value,
    sort_key,
)
from tilescout_tune.setting_bounds import SECOND_SCALE, is_coarser, unfit_for_detector

DPI_FACTORS = (0.67, 1.33)
SIZE_FACTORS = (0.5, 1.0, 2.0)
OVERLAP_FACTORS = (0.5, 1.0, 2.0)
SCALES = (0.5, 2.0)
"""Factors large enough to find the dpi that a detector was trained at from half or twice as
much."""
ROUND_DPI = 10
_WHOLE: tuple[str, Callable[[Value], bool]] = (
    "whole numbers",
    lambda value: isinstance(value, int),
)
ACCEPTED: dict[str, tuple[str, Callable[[Value], bool]]] = {
    "detector": (f"one of {', '.join(KINDS)}", lambda value: value in KINDS),
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
    """A field cannot vary in this way; the message tells rule, value and remedy."""


def build_search_space(base: Profile, varied: Mapping[str, Sequence[Value]]) -> SearchSpace:
    """Returns the space of the axes named in ``varied``, or of those of `default_values` if empty.

    The profile's own values are always included, except its detector: only named detectors are
    tried. Duplicates are removed. Raises UnusableSpace.
    """
    chosen = dict(varied) or default_values(base)
    for name, values in chosen.items():
        _check(name, values)
    axes = {
        name: tuple(sorted({*chosen[name], *_own_values(base, name)}, key=sort_key))
        for name in AXES
        if name in chosen
    }
    if varied:
        _refuse_unfit(axes, base)
    lines = [_usable(line, base) for line in _lines(axes, base)]
    if not any(lines):
        raise UnusableSpace(
            "tiles must be twice as large as their overlap, and none is; vary tile_size or overlap"
        )
    own = {"detector": base.detector, **{n: v for n in axes for v in _own_values(base, n)}}
    start = {n: own[n] if own[n] in values else values[0] for n, values in axes.items()}
    return SearchSpace(
        axes=tuple(axes),
        base=_candidate(start, base),
        candidates=tuple(dict.fromkeys(candidate for line in lines for candidate in line)),
        scaled=tuple(map(frozenset, lines)) if INPUT_SCALE in axes else (),
    )


def _check(name: str, values: Sequence[Value]) -> None:
    if name not in AXES:
        raise UnusableSpace(
            f"--vary takes one of {', '.join(AXES)}; received {name!r}; name one of these"
        )
    takes, is_accepted = ACCEPTED[name]
    for value in values:
        if not is_accepted(value):
            raise UnusableSpace(f"{name} takes {takes}; received {value!r}; change the value")


def _refuse_unfit(axes: Mapping[str, tuple[Value, ...]], base: Profile) -> None:
    """Raises UnusableSpace for values that no detector accepts, before any call.

    Values that only some of several detectors refuse are left out for these.
    """
    detectors = axes.get("detector", (base.detector,))
    for values in _products({**axes, "detector": ("",)}):
        scale = values.get(INPUT_SCALE, 1)
        each = [_candidate({**values, "detector": name}, base) for name in detectors]
        reasons = [unfit_for_detector(c.profile(base), base.tile_size) for c in each]
        if all(reasons):
            remedy = f"leave out input_scale {scale:g}" if scale != 1 else "leave it out"
            raise UnusableSpace(f"{'; '.join(reasons)} ({_described(values, base)}); {remedy}")


def _described(values: Mapping[str, Value], base: Profile) -> str:
    """Returns the values given by a person, or the profile's."""
    given = {name: getattr(base, name) for name in ("dpi", "tile_size")} | dict(values)
    names = (name for name in ("dpi", "tile_size", INPUT_SCALE) if name in given)
    return ", ".join(f"{name} {given[name]}" for name in names)


def _lines(axes: Mapping[str, tuple[Value, ...]], base: Profile) -> Iterator[list[Candidate]]:
    """Yields every combination; those that differ in their input scale only are in one list."""
    scales = axes.get(INPUT_SCALE, (1,))
    for values in _products({name: axes[name] for name in axes if name != INPUT_SCALE}):
        scaled = ({**values, INPUT_SCALE: scale} for scale in scales)
        yield [
            _candidate(candidate if INPUT_SCALE in axes else values, base) for candidate in scaled
        ]


def _products(axes: Mapping[str, tuple[Value, ...]]) -> Iterator[dict[str, Value]]:
    return (dict(zip(axes, values, strict=True)) for values in product(*axes.values()))


def _candidate(values: Mapping[str, Value], base: Profile) -> Candidate:
    """Returns the values as fields of a profile, in whole dots and pixels."""
    fields = dict(values)
    scale = fields.pop(INPUT_SCALE, None)
    if scale is not None:
        given = {name: fields.get(name, getattr(base, name)) for name in SCALED}
        fields |= {name: round(float(scale) * float(given[name])) for name in SCALED}
    return Candidate(tuple((name, fields[name]) for name in AXES if name in fields))


def _usable(line: Sequence[Candidate], base: Profile) -> list[Candidate]:
    profiles = [(candidate, candidate.profile(base)) for candidate in line]
    return [
        candidate
        for candidate, profile in profiles
        if profile.overlap <= profile.tile_size // 2
        and not unfit_for_detector(profile, base.tile_size)
    ]


def _own_values(base: Profile, name: str) -> tuple[Value, ...]:
    if name == "detector":
        return ()
    return (1,) if name == INPUT_SCALE else (getattr(base, name),)


def default_values(base: Profile) -> dict[str, list[Value]]:
    """Returns a few values of dpi, tile size and overlap around the profile's, and input scales."""
    return {
        "dpi": [ROUND_DPI * round(base.dpi * factor / ROUND_DPI) for factor in DPI_FACTORS],
        INPUT_SCALE: list(SCALES),
        "tile_size": [round(base.tile_size * factor) for factor in SIZE_FACTORS],
        "overlap": [round(base.overlap * factor) for factor in OVERLAP_FACTORS],
    }
