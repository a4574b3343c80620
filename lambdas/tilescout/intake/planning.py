"""The plan of a document: tiles, calls and dollars, before anything is paid for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tilescout.errors import BudgetExceeded, UnreadableDocument, UnsupportedPage
from tilescout.geometry import POINTS_PER_INCH
from tilescout.intake.page_dpi import MAX_SIDE_PX, page_dpi, small_lettering
from tilescout.pricing import PriceTable
from tilescout.profiles import Profile
from tilescout.rendering.requests import DocumentFacts, PageFacts, sends_strokes
from tilescout.runs.inference_units import ModelPace, plan_units
from tilescout.tiling.grid import TileGrid
from tilescout.tiling.page_geometry import page_pixels
from tilescout.tiling.page_scales import PageScale, page_scales

MAX_REFUSED = 3
"""Pages that are named, of those that will not be rendered."""
# Below an em of 20 px text detectors begin to miss and confuse letters.
LEGIBLE_EM_PX = 20
# What one inference unit was ever said to answer in a second, unless the profile knows of more.
MAX_TILES_PER_SECOND = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePlan:
    """One page in pixels at ``dpi``; blank ones among its ``tiles`` will be skipped.

    ``coarse_tiles`` of them are those of the second scale. ``refusal`` says why the page will not
    be rendered; it has no tiles then.
    """

    page: int
    width_px: int
    height_px: int
    dpi: int
    tiles: int
    coarse_tiles: int = 0
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPlan:
    """The plan of all pages; calls and US dollars are (least, most), blank tiles included.

    ``smallest_text_px`` is the em of the smallest text at the dpi of its page.
    """

    pages: tuple[PagePlan, ...]
    tiles: int
    calls: tuple[int, int]
    dollars: tuple[float, float]
    smallest_text_px: float | None
    warnings: tuple[str, ...]


def plan_document(facts: DocumentFacts, profile: Profile, prices: PriceTable) -> DocumentPlan:
    """Returns the plan of the pages in ``facts``.

    Raises UnreadableDocument for too many pages, UnsupportedPage for a page too large at the
    profile's dpi and where no page can be rendered, BudgetExceeded for too many tiles and where
    even the least costs too much.
    """
    _check_page_count(facts, profile)
    _check_refusals(facts)
    dpi_of = _dpi_of_pages(facts, profile)
    pages = tuple(_plan_page(page, dpi_of[page.page], profile) for page in facts.pages)
    tiles = sum(page.tiles for page in pages)
    _check_tile_count(tiles, profile)
    calls = _calls(_least_tiles(facts, pages, profile), tiles, profile)
    dollars = _dollars(facts, tiles, calls, profile, prices)
    _check_budget(dollars[0], tiles, profile)
    return DocumentPlan(
        pages=pages,
        tiles=tiles,
        calls=calls,
        dollars=dollars,
        smallest_text_px=_smallest_text_px(facts, dpi_of),
        warnings=(
            *facts.warnings,
            *_refusals(facts),
            *_legibility(facts, dpi_of, profile),
            *_planned_as_scans(facts, profile),
        ),
    )


def _dpi_of_pages(facts: DocumentFacts, profile: Profile) -> dict[int, int]:
    """Returns the dpi of each page; for those not measured the highest of those that were."""
    measured = {
        page.page: page_dpi(page, profile) for page in facts.pages if page.lettering is not None
    }
    assumed = max(measured.values(), default=profile.dpi)
    return {page.page: measured.get(page.page, assumed) for page in facts.pages}


def _plan_page(page: PageFacts, dpi: int, profile: Profile) -> PagePlan:
    width, height = page_pixels(page.width_pt, page.height_pt, dpi)
    longest_pt = max(page.width_pt, page.height_pt)
    if max(width, height) > MAX_SIDE_PX:
        fitting_dpi = math.floor(MAX_SIDE_PX * POINTS_PER_INCH / longest_pt)
        raise UnsupportedPage(
            f"a page side may have {MAX_SIDE_PX} px; page {page.page} is {width} x {height} px "
            f"at {dpi} dpi; use a profile of {fitting_dpi} dpi or less"
        )
    own, *coarse = [0] if page.refusal else _tile_counts(page, (width, height), profile)
    return PagePlan(
        page=page.page,
        width_px=width,
        height_px=height,
        dpi=dpi,
        tiles=own + sum(coarse),
        coarse_tiles=sum(coarse),
        refusal=page.refusal,
    )


def _tile_counts(page: PageFacts, size: tuple[int, int], profile: Profile) -> list[int]:
    """Returns the tiles of the page's own scale and, where there is one, of the second."""
    if not profile.kind.reads_pixels:
        return [0]
    if page.is_vector and sends_strokes(profile):
        return [1]
    grid = TileGrid(profile.tile_size, profile.overlap)
    scales = page_scales(size, grid, profile.second_scale)
    return [_tiles(grid, scale, profile) for scale in scales]


def _tiles(grid: TileGrid, scale: PageScale, profile: Profile) -> int:
    count = grid.count(*scale.size)
    # Past the limit of the document the exact number does not matter, and listing costs memory.
    if count > profile.max_tiles_per_document or not (profile.include or profile.exclude):
        return count
    return len(scale.tiles(grid, profile.include, profile.exclude))


def _unmeasured(facts: DocumentFacts, profile: Profile) -> list[int]:
    """Returns the pages of which nobody knows yet if they are sent in one tile or in all."""
    if not sends_strokes(profile):
        return []
    return [page.page for page in facts.pages if page.is_vector is None and not page.refusal]


def _least_tiles(facts: DocumentFacts, pages: tuple[PagePlan, ...], profile: Profile) -> int:
    """Returns the tiles if every page that was not measured is a vector page."""
    unmeasured = set(_unmeasured(facts, profile))
    return sum(1 if page.page in unmeasured else page.tiles for page in pages)


def _planned_as_scans(facts: DocumentFacts, profile: Profile) -> tuple[str, ...]:
    """Returns what is told of pages that are planned in more tiles than they may take."""
    pages = _unmeasured(facts, profile)
    if not pages:
        return ()
    return (
        f"pages {pages[0]} to {pages[-1]} are planned as scans; each that turns out to be a vector "
        "page takes one tile",
    )


def _calls(least_tiles: int, tiles: int, profile: Profile) -> tuple[int, int]:
    least = 0 if profile.text_layer == "first" else least_tiles
    return least, tiles * profile.kind.calls_per_tile


def _dollars(
    facts: DocumentFacts,
    tiles: int,
    calls: tuple[int, int],
    profile: Profile,
    prices: PriceTable,
) -> tuple[float, float]:
    per_call, per_tile = prices.tile_call(profile), prices.tile(profile.detector)
    always = prices.document(profile.detector) + len(facts.pages) * prices.page(profile.detector)
    rows = [count * prices.detection(profile.detector) for count in _detections(facts, profile)]
    least_tiles = min(tiles, calls[0])
    least = always + rows[0] + least_tiles * per_tile + calls[0] * per_call
    most = always + rows[1] + tiles * per_tile + calls[1] * per_call
    if not profile.needs_model or not tiles:
        return least, most
    fastest = max(MAX_TILES_PER_SECOND, profile.tiles_per_second_per_unit)
    shared_run = prices.model_time(1, least_tiles / fastest)
    return least + shared_run, most + _own_run(tiles, profile, prices)


def _detections(facts: DocumentFacts, profile: Profile) -> tuple[int, int]:
    """Returns the least and the most detections, as far as the PDF's own text tells."""
    if profile.kind.finds != "text":
        return 0, 0
    lines = sum(page.text_lines for page in facts.pages if not page.refusal)
    is_all_kept = not (profile.kind.reads_pixels or profile.find)
    return lines if is_all_kept else 0, lines


def _own_run(tiles: int, profile: Profile, prices: PriceTable) -> float:
    """Returns the dollars of a model started for this document alone, with the units it needs."""
    return plan_units(
        tiles,
        ModelPace(tiles_per_second_per_unit=profile.tiles_per_second_per_unit),
        seconds_left=60 * profile.deadline_minutes,
        max_units=profile.max_inference_units,
        usd_per_unit_hour=prices.custom_labels_unit_hour,
        budget_usd=profile.budget_usd,
    ).usd


def _check_page_count(facts: DocumentFacts, profile: Profile) -> None:
    if not facts.pages:
        raise UnreadableDocument(
            f"pages asked for must exist; this document has {facts.page_count}; ask for some of "
            f"1-{facts.page_count}"
        )
    if facts.page_count > profile.max_pages:
        raise UnreadableDocument(
            f"a document of profile {profile.name} may have {profile.max_pages} pages; this one "
            f"has {facts.page_count}; split it, or raise max_pages of the profile"
        )


def _check_refusals(facts: DocumentFacts) -> None:
    if all(page.refusal for page in facts.pages):
        raise UnsupportedPage(facts.pages[0].refusal)


def _refusals(facts: DocumentFacts) -> tuple[str, ...]:
    """The first refused pages, as they will be told once they are tried."""
    refused = [page for page in facts.pages if page.refusal]
    more = f" and {len(refused) - MAX_REFUSED} more pages" if len(refused) > MAX_REFUSED else ""
    return tuple(
        f"page {page.page} will not be rendered{more if page is refused[0] else ''}: {page.refusal}"
        for page in refused[:MAX_REFUSED]
    )


def _check_tile_count(tiles: int, profile: Profile) -> None:
    if tiles > profile.max_tiles_per_document:
        raise BudgetExceeded(
            f"a document of profile {profile.name} may have {profile.max_tiles_per_document} "
            f"tiles; this one has up to {tiles} at {profile.dpi} dpi; lower the dpi, give regions "
            "to include, split the document, or raise max_tiles_per_document"
        )


def _check_budget(least: float, tiles: int, profile: Profile) -> None:
    if least > profile.budget_usd:
        raise BudgetExceeded(
            f"a document of profile {profile.name} may cost ${profile.budget_usd:.2f}; this one "
            f"costs at least ${least:.2f} for {tiles} tiles; lower the dpi, give regions to "
            "include, split the document, or raise budget_usd"
        )


def _smallest_text_px(facts: DocumentFacts, dpi_of: Mapping[int, int]) -> float | None:
    """Returns the em of the smallest text of all pages, each at its dpi."""
    ems = [_em_px(page.smallest_text_pt, dpi_of[page.page]) for page in facts.pages
           if page.smallest_text_pt is not None]  # fmt: skip
    return min(ems, default=None)


def _em_px(size_pt: float, dpi: int) -> float:
    return round(size_pt * dpi / POINTS_PER_INCH, 1)


def _legibility(
    facts: DocumentFacts, dpi_of: Mapping[int, int], profile: Profile
) -> tuple[str, ...]:
    """Returns what is told of lettering that may be too small to be read."""
    if profile.has_auto_dpi:
        return _small_lettering(facts, dpi_of, profile)
    sizes = [page.smallest_text_pt for page in facts.pages if page.smallest_text_pt is not None]
    reads_drawn_text = profile.kind.finds == "text" and profile.kind.reads_pixels
    if not sizes or not reads_drawn_text:
        return ()
    em = _em_px(min(sizes), profile.dpi)
    if em >= LEGIBLE_EM_PX:
        return ()
    enough = math.ceil(LEGIBLE_EM_PX * POINTS_PER_INCH / min(sizes))
    return (
        f"the smallest text is {em:g} px high at {profile.dpi} dpi and may be missed below "
        f"{LEGIBLE_EM_PX} px; a profile of {enough} dpi would do",
    )


def _small_lettering(
    facts: DocumentFacts, dpi_of: Mapping[int, int], profile: Profile
) -> tuple[str, ...]:
    unmeasured = [page.page for page in facts.pages if page.lettering is None and not page.refusal]
    told = [
        warning
        for page in facts.pages
        if page.lettering is not None
        for warning in small_lettering(page, dpi_of[page.page], profile)
    ]
    if unmeasured:
        told.append(
            f"pages {unmeasured[0]} to {unmeasured[-1]} are planned at {dpi_of[unmeasured[0]]} "
            "dpi, the highest of the pages before; each is rendered as its own lettering needs"
        )
    return tuple(told)
