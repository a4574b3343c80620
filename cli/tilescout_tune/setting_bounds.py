"""Settings that a profile cannot have, or that what looks at its tiles cannot take."""

from __future__ import annotations

from tilescout.profiles import DetectorName, Profile

DPI = (36, 1200)
SECOND_SCALE = (0.02, 0.75)
TILE_PX: dict[DetectorName, tuple[int, int]] = {
    "custom-labels": (64, 4096),
    "textract": (50, 10_000),
    "rekognition-text": (80, 10_000),
    "pdf-text": (64, 10_000),
    # A profile may have more, for a model that scales tiles down. One that takes them as they are
    # needs 1.6 GB for 6,144 px, and its Lambda has 1.7.
    "onnx": (64, 4096),
}
"""The smallest and largest side of a tile by detector."""
MOST_SECONDS = 30.0
"""That a profile may have for a tile."""


def unfit_for_detector(profile: Profile, own_tile_size: int = 0) -> str:
    """The rule that its pixels break and their number, or nothing.

    ``own_tile_size`` px is taken already, by the profile that the settings go around.
    """
    if not DPI[0] <= profile.dpi <= DPI[1]:
        return f"a page is rendered at {DPI[0]} to {DPI[1]} dpi; this is {profile.dpi} dpi"
    least, most = TILE_PX[profile.detector]
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
