"""The dpi at which a page is rendered, where its lettering decides.

A pure function of what was measured, so that a plan and the tiling that follows it agree.
"""

from __future__ import annotations

from tilescout.geometry import POINTS_PER_INCH
from tilescout.profiles import Profile
from tilescout.rendering.requests import LetteringHeight, PageFacts
from tilescout.tiling.grid import TileGrid
from tilescout.tiling.page_geometry import page_pixels

CAPITALS_PX = 12.0
"""The height of capitals that detectors of text read best: more than this gains nothing."""
MIN_CAPITALS_PX = 9.0
"""The height below which many capitals are missed; a tenth of the lettering may be smaller."""
NEARLY = 0.95
"""A height is measured to a few percent."""
DPI_STEP = 50
MAX_SIDE_PX = 100_000


def page_dpi(page: PageFacts, profile: Profile) -> int:
    """Returns the dpi for a page: the profile's own, or the first in steps of 50 above it that
    brings the page's lettering to a legible height.

    No dpi is taken above the profile's ``max_dpi``, nor one that takes more than
    ``max_tiles_per_page`` for the whole page: lettering that needs more stays too small.
    """
    if not profile.has_auto_dpi or page.lettering is None:
        return profile.dpi
    steps = [*range(profile.dpi, profile.max_dpi, DPI_STEP), profile.max_dpi]
    fitting = [dpi for dpi in steps if dpi == profile.dpi or _is_affordable(page, dpi, profile)]
    wanted = NEARLY * _needed_dpi(page.lettering)
    legible = (dpi for dpi in fitting if dpi >= wanted)
    return int(next(legible, fitting[-1]))


def small_lettering(page: PageFacts, dpi: int, profile: Profile) -> tuple[str, ...]:
    """Returns a warning where lettering of the page stays too small at ``dpi``, or nothing."""
    if not profile.has_auto_dpi:
        return ()
    if page.lettering is None:
        return (
            f"the lettering of page {page.page} could not be measured in time; the page is "
            f"rendered at {dpi} dpi",
        )
    capitals = page.lettering.small_pt * dpi / POINTS_PER_INCH
    if not page.lettering.letters or capitals >= NEARLY * MIN_CAPITALS_PX:
        return ()
    return (
        f"a tenth of the lettering of page {page.page} is under {capitals:.1f} px high at {dpi} "
        f"dpi and may be missed below {MIN_CAPITALS_PX:g} px; max_dpi {profile.max_dpi} and "
        f"max_tiles_per_page {profile.max_tiles_per_page} of profile {profile.name} allow no more",
    )


def _needed_dpi(lettering: LetteringHeight) -> float:
    """Returns the dpi that the lettering needs; 0 where there is none."""
    if not lettering.letters:
        return 0.0
    inches = lettering.typical_pt / CAPITALS_PX, lettering.small_pt / MIN_CAPITALS_PX
    return POINTS_PER_INCH / min(inches)


def _is_affordable(page: PageFacts, dpi: int, profile: Profile) -> bool:
    size = page_pixels(page.width_pt, page.height_pt, dpi)
    tiles = TileGrid(profile.tile_size, profile.overlap).count(*size)
    return max(size) <= MAX_SIDE_PX and tiles <= profile.max_tiles_per_page
