"""The settings to try, made of what a person varies or of what lies around a profile."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product

from tilescout.detector_kinds import KINDS
from tilescout.profiles import Profile
from tilescout_tune.candidates import AXES, INPUT_SCALE, SCALED, Candidate, Space, Value, order_of
from tilescout_tune.setting_bounds import SECOND_SCALE, is_coarser, unfit_for_detector

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
    """A field cannot be varied so; tells rule, value and remedy."""


def space(base: Profile, varied: Mapping[str, Sequence[Value]]) -> Space:
    """The axes named in ``varied``, or those of `around` where none is.

    The profile's own values are always among them, but for the detector: only those named are
    asked. What is the same setting by two ways is one. Raises UnusableSpace.
    """
    chosen = dict(varied) or around(base)
    for name, values in chosen.items():
        _check(name, values)
    axes = {
        name: tuple(sorted({*chosen[name], *_own(base, name)}, key=order_of))
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


def around(base: Profile) -> dict[str, list[Value]]:
    """A few values of dpi, tile size and overlap about those of the profile, and input scales."""
    return {
        "dpi": [ROUND_DPI * round(base.dpi * factor / ROUND_DPI) for factor in DPI_FACTORS],
        INPUT_SCALE: list(SCALES),
        "tile_size": [round(base.tile_size * factor) for factor in SIZE_FACTORS],
        "overlap": [round(base.overlap * factor) for factor in OVERLAP_FACTORS],
    }
