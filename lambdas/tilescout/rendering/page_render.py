"""Renders one page into frames: one per tile, then the result. Runs in the child only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, astuple, dataclass, replace
from typing import Any

from tilescout.errors import UnsupportedPage
from tilescout.geometry import Box
from tilescout.rendering import images, picture_files
from tilescout.rendering.child_frames import Frame
from tilescout.rendering.page_strokes import PageStrokes, to_archive
from tilescout.rendering.page_tiles import DrawnPage, cut_tiles
from tilescout.rendering.port import DocumentFile, ShownPage, SourcePage, require_page
from tilescout.rendering.process import RenderLimits
from tilescout.rendering.reduced_page import ReducedPage
from tilescout.rendering.requests import RenderedPage, RenderRequest
from tilescout.rendering.sheet_reading import read_layout, reduced_for_layout
from tilescout.rendering.text_layer import PageText, read_text
from tilescout.sheet_layout.layout import layout_to_json
from tilescout.tiling.grid import Tile, TileGrid
from tilescout.tiling.page_scales import PageScale, page_scales

BAND_BYTES = 32 * 1024 * 1024
NOTHING_READ = PageText(words=(), open=())


def render(file: DocumentFile, request: RenderRequest, limits: RenderLimits) -> Iterator[Frame]:
    """Yields the tiles as they are made, then the page's result.

    Raises UnreadableDocument, UnsupportedPage, RenderLimitExceeded.
    """
    limit_mb = images.limit_mb(limits.memory_mb)
    # Before the library opens it, which decodes a picture that is the document itself.
    _require_drawable(picture_files.refusal(file.path, request.page, limit_mb))
    document = file.open()
    require_page(document, request.page)
    source = document.page(request.page, request.dpi)
    source.require_affordable(limits.work)
    page = source.shown(request.dpi, request.colour)
    if page.has_large_image:
        _require_drawable(images.refusal(page.images, request.page, limit_mb))
    text = NOTHING_READ
    if request.text_layer:
        text = read_text(page, source.annotations())
    counts = TileCounts()
    reduced = reduced_for_layout(page) if request.layout else None
    if request.tiles == "strokes" and not (strokes := source.strokes()).is_scan:
        counts = TileCounts(every=1, kept=1, sent=1)
        yield _stroke_tile(page, strokes)
    else:
        yield from _pixel_tiles(page, reduced or page, request, text, counts)
    layout = _layout(page, reduced) if request.layout else {}
    result = _result(page, source, request, text, counts, file.library.first_error())
    yield Frame("result", asdict(replace(result, layout=layout)))


def _layout(page: ShownPage, reduced: ReducedPage | None) -> dict[str, Any]:
    return layout_to_json(read_layout(page, reduced.picture if reduced else None))


def _require_drawable(refusal: str) -> None:
    if refusal:
        raise UnsupportedPage(refusal)


def _stroke_tile(page: ShownPage, strokes: PageStrokes) -> Frame:
    box = (0, 0, page.width, page.height)
    return Frame("tile", {"index": 0, "box": box, "scale": 1.0}, to_archive(strokes))


def _pixel_tiles(
    page: ShownPage, drawn: DrawnPage, request: RenderRequest, text: PageText, counts: TileCounts
) -> Iterator[Frame]:
    """Yields the tiles of all scales, drawn at their scale: shrunk pixels lose thin lines.

    ``drawn`` has the pixels of the page's own scale.
    """
    max_rows = _rows_at_once(page)
    for scale in page_scales((page.width, page.height), _grid(request), request.second_scale):
        pixels = drawn if scale.ratio == 1 else page.shrunk(scale.ratio, scale.size)
        for frame in _tiles(pixels, scale, request, text, counts, max_rows):
            counts.sent += 1
            yield frame


def _rows_at_once(page: ShownPage) -> int:
    """Returns the rows that are drawn better at once than in parts; 0 where that costs nothing.

    Libraries decode a large image anew for each part of the page, down to the part's last row.
    """
    return BAND_BYTES // (page.width * page.channels) if page.has_large_image else 0


def _unread_text(request: RenderRequest, text: PageText) -> list[str]:
    """Returns warnings of what the text layer holds and lacks that nobody reads."""
    warnings = text.unread.warnings(request.page)
    if request.tiles == "never" and (places := text.lettering):
        warnings.append(
            f"page {request.page} shows lettering in {places} places that is not in its text "
            "layer and was not read; a profile with text_layer first reads it from the pixels"
        )
    return warnings


@dataclass(slots=True)
class TileCounts:
    """Numbers of tiles of all scales: of the grid, left by regions and text, not blank."""

    every: int = 0
    kept: int = 0
    sent: int = 0


def _grid(request: RenderRequest) -> TileGrid:
    return TileGrid(request.tile_size, request.overlap)


def _tiles(
    page: DrawnPage,
    scale: PageScale,
    request: RenderRequest,
    text: PageText,
    counts: TileCounts,
    max_rows: int,
) -> Iterator[Frame]:
    grid = _grid(request)
    counts.every += grid.count(*scale.size)
    if request.tiles == "never":
        return
    kept = scale.tiles(grid, request.include, request.exclude)
    if request.tiles == "where-no-text":
        kept = _with_open_lettering(kept, scale, text.open)
    counts.kept += len(kept)
    max_bytes = request.max_image_bytes
    for tile, image in cut_tiles(page, kept, request.tile_size, max_bytes, max_rows):
        place = scale.on_page(tile)
        value = {"index": place.index, "box": astuple(place.box), "scale": place.scale}
        yield Frame("tile", value, image)


def _with_open_lettering(tiles: list[Tile], scale: PageScale, boxes: tuple[Box, ...]) -> list[Tile]:
    """Returns the tiles that show the boxes: the first that holds a box whole, else all that
    touch it."""
    places = [scale.on_page(tile).box for tile in tiles]
    wanted: set[int] = set()
    for box in boxes:
        touching = [at for at, place in enumerate(places) if place.intersection(box).area > 0]
        whole = [at for at in touching if places[at].contains(box)]
        wanted.update(() if wanted & set(whole) else whole[:1] or touching)
    return [tile for at, tile in enumerate(tiles) if at in wanted]


def _result(
    page: ShownPage,
    source: SourcePage,
    request: RenderRequest,
    text: PageText,
    counts: TileCounts,
    error: str,
) -> RenderedPage:
    """Returns the page's result; its warnings tell what may be missing."""
    looks_blank = counts.sent == 0 and counts.kept == counts.every and page.declares_content()
    warnings = [f"page {request.page} declares content but renders blank"] if looks_blank else []
    if error:
        warnings.append(f"page {request.page} may lack parts; the renderer said: {error}")
    if request.text_layer:
        warnings += _unread_text(request, text)
    width_pt, height_pt = source.size_pt
    return RenderedPage(
        page=request.page,
        width_px=page.width,
        height_px=page.height,
        width_pt=round(width_pt, 3),
        height_pt=round(height_pt, 3),
        dpi=request.dpi,
        rotation=source.rotation,
        tiles_sent=counts.sent,
        tiles_skipped=counts.every - counts.sent,
        scan_dpi=images.scan_dpi(page) if request.layout else 0.0,
        words=text.words,
        covers_page=text.covers_page,
        warnings=tuple(warnings),
    )
