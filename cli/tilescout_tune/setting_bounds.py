"""The bounds of settings that profiles and detectors accept."""

from __future__ import annotations

from tilescout.profiles import Profile

DPI = (36, 1200)
SECOND_SCALE = (0.02, 0.75)
MAX_SECONDS_PER_TILE = 30.0
"""The largest ``seconds_per_tile`` of a profile."""


def unfit_for_detector(profile: Profile, own_tile_size: int = 0) -> str:
    """Returns the rule that the profile's pixels break and the value, or an empty text.

    Tiles of ``own_tile_size`` px are accepted, as the profile has them already.
    """
    if not DPI[0] <= profile.dpi <= DPI[1]:
        return f"a page is rendered at {DPI[0]} to {DPI[1]} dpi; this is {profile.dpi} dpi"
    least, most = profile.kind.tuned_tile_px
    most = max(most, own_tile_size)
    if not least <= profile.tile_size <= most:
        return (
            f"{profile.detector} takes tiles of {least} to {most} px; this is {profile.tile_size}"
        )
    return ""


def is_coarser(second_scale: object) -> bool:
    """Tells whether a second scale is a ratio that is coarser than the tiles, and not too
    coarse."""
    least, most = SECOND_SCALE
    return isinstance(second_scale, int | float) and least <= second_scale <= most
