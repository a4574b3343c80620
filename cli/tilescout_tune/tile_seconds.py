"""What a tile of another size takes a model in Lambda."""

from __future__ import annotations

from dataclasses import replace

from tilescout.profiles import Profile
from tilescout_tune.answer_cache import NamedDetector
from tilescout_tune.setting_bounds import MOST_SECONDS


def timed(profile: Profile, base: Profile, detector: NamedDetector) -> Profile:
    """``profile`` with what a tile of its size takes, if one of ``base`` takes what ``base`` says.

    The time of a model grows with the pixels that it looks at. In three digits, as it is pasted.
    """
    if detector.pixels is None:
        return profile
    more = detector.pixels(profile.tile_size) / detector.pixels(base.tile_size)
    if more == 1:
        return profile
    seconds = min(MOST_SECONDS, more * base.seconds_per_tile)
    return replace(profile, seconds_per_tile=float(f"{seconds:.3g}"))
