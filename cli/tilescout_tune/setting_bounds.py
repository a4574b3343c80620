"""Settings that a profile cannot have, or that what looks at its tiles cannot take."""

from __future__ import annotations

from tilescout.profiles import Profile

DPI = (36, 1200)
SECOND_SCALE = (0.02, 0.75)
MOST_SECONDS = 30.0
"""That a profile may have for a tile."""


def unfit_for_detector(profile: Profile, own_tile_size: int = 0) -> str:
    """The rule that its pixels break and their number, or nothing.

    ``own_tile_size`` px is taken already, by the profile that the settings go around.
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
    """Whether a ratio shows less than the tiles do, and still something."""
    least, most = SECOND_SCALE
    return isinstance(second_scale, int | float) and least <= second_scale <= most
