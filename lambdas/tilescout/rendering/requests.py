"""Requests to the renderer and its answers: plain values that need no MuPDF."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from tilescout.detections import Word
from tilescout.profiles import Colour, Profile, Region, SecondScale
from tilescout.tiling.grid import Tile

TilesWanted = Literal["always", "where-no-text", "never", "strokes"]
MeasuredLettering = Literal["none", "all", "outside-words"]
"""The lettering whose height is measured: none, all, or what the page's own text does not cover."""
PageMeasure = MeasuredLettering | Literal["strokes"]
"""The measure of a page beyond its size and text; "strokes" tells vector pages from scans."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetteringHeight:
    """The heights of capitals in points: half of the ``letters`` are at least ``typical_pt`` high,
    nine tenths at least ``small_pt``. Both are 0 where there are no letters."""

    letters: int = 0
    typical_pt: float = 0.0
    small_pt: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """One page as shown; ``smallest_text_pt`` is None without text or where not measured.

    ``lettering`` is None where it was not measured. ``text_lines`` counts the lines of visible text
    in the PDF, where measured. ``is_vector`` is True where its strokes stand for the page, False
    for a scan, and None where that was not measured. ``refusal`` says why the renderer will not
    draw the page; it is empty where it will.
    """

    page: int
    width_pt: float
    height_pt: float
    rotation: int
    smallest_text_pt: float | None
    text_lines: int = 0
    refusal: str = ""
    lettering: LetteringHeight | None = None
    is_vector: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFacts:
    """The pages that were asked for; ``page_count`` is that of the whole document."""

    pages: tuple[PageFacts, ...]
    page_count: int
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderRequest:
    """The way to render one page (from 1): sizes in pixels at ``dpi``, regions as ratios.

    ``tiles`` "where-no-text" renders those that show lettering outside of the page's own text,
    "never" none at all; "strokes" gives the strokes of a vector page in one tile, and renders all
    tiles of a scan. ``max_image_bytes`` bounds every encoded tile. ``second_scale`` as in a
    profile. The sheet's ``layout`` is read, or left alone.
    """

    page: int
    dpi: int
    tile_size: int
    overlap: int
    colour: Colour
    text_layer: bool
    include: tuple[Region, ...]
    exclude: tuple[Region, ...]
    max_image_bytes: int
    tiles: TilesWanted = "always"
    # Not in its text: grids without a second scale keep the hash they always had.
    second_scale: SecondScale = field(default=0.0, repr=False)
    layout: bool = field(default=True, repr=False)

    @classmethod
    def for_page(
        cls, page: int, profile: Profile, *, pixels_only: bool = False, dpi: int = 0
    ) -> RenderRequest:
        """Returns what a run renders of a page (from 1) of the profile's documents.

        ``dpi`` is the one that was chosen for the page, 0 for the profile's own.
        With ``pixels_only`` every tile is rendered, and the PDF's own text and the layout of the
        sheet are left alone, whatever the profile says: data sets and tuning compare what
        detectors see in pixels.
        """
        tiles: TilesWanted = "always" if pixels_only else _tiles_wanted(profile)
        return cls(
            page=page,
            dpi=dpi or profile.dpi,
            tile_size=profile.tile_size,
            overlap=profile.overlap,
            colour=profile.colour,
            text_layer=tiles in ("where-no-text", "never"),
            tiles=tiles,
            include=profile.include,
            exclude=profile.exclude,
            max_image_bytes=profile.kind.max_image_bytes,
            second_scale=profile.second_scale,
            layout=not pixels_only,
        )


def measured_lettering(profile: Profile) -> MeasuredLettering:
    """Returns the lettering whose height decides about the dpi of the profile's pages."""
    if not profile.has_auto_dpi:
        return "none"
    return "outside-words" if _tiles_wanted(profile) == "where-no-text" else "all"


def measure_of(profile: Profile) -> PageMeasure:
    """Returns what a plan by the profile has to measure; vector pages have no dpi to choose."""
    return "strokes" if sends_strokes(profile) else measured_lettering(profile)


def sends_strokes(profile: Profile) -> bool:
    """Returns True where a vector page is sent as its strokes, in one tile."""
    return _tiles_wanted(profile) == "strokes"


def _tiles_wanted(profile: Profile) -> TilesWanted:
    if not profile.kind.reads_pixels:
        return "never"
    # Regions are kept by leaving tiles out, and strokes are one tile.
    if profile.kind.reads_strokes and not (profile.include or profile.exclude):
        return "strokes"
    return "where-no-text" if profile.text_layer == "first" else "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedTile:
    """One tile that is not blank, as a JPEG, or the archive of a page's strokes."""

    tile: Tile
    image: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedPage:
    """The result of a page; ``words`` in page pixels are visible text of the PDF itself.

    ``tiles_skipped`` counts blank tiles and those that regions or text made unnecessary.
    ``layout`` is that of the sheet as `layout_from_json` reads it.
    ``scan_dpi`` is that of the images that cover most of the page, 0 where none do and where the
    layout was left alone.
    ``covers_page``: the words stand for all text of the page, by the rule in ``text_layer``.
    """

    page: int
    width_px: int
    height_px: int
    width_pt: float
    height_pt: float
    dpi: int
    rotation: int
    tiles_sent: int
    tiles_skipped: int
    scan_dpi: float
    words: tuple[Word, ...]
    covers_page: bool
    warnings: tuple[str, ...]
    layout: dict[str, Any] = field(default_factory=dict)
