"""Renders one page into frames: one per tile, then the result. Runs in the child only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, astuple, dataclass

from tilescout.errors import UnreadableDocument, UnsupportedPage
from tilescout.geometry import Box
from tilescout.rendering import images
from tilescout.rendering.child_frames import Frame
from tilescout.rendering.mupdf_document import (
    first_render_error,
    load_page,
    open_document,
    picture_refusal,
    size_in_points,
)
from tilescout.rendering.mupdf_page import ShownPage
from tilescout.rendering.page_strokes import PageStrokes, to_archive
from tilescout.rendering.page_tiles import DrawnPage, TallStrips, cut_tiles
from tilescout.rendering.page_work import measure_page
from tilescout.rendering.process import RenderLimits
from tilescout.rendering.requests import RenderedPage, RenderRequest
from tilescout.rendering.sheet_reading import read_layout
from tilescout.rendering.shx_annotations import shx_annotations
from tilescout.rendering.stroke_reading import strokes_of
from tilescout.rendering.text_layer import PageText, read_text
from tilescout.sheet_layout.layout import layout_to_json
from tilescout.tiling.grid import Tile, TileGrid
from tilescout.tiling.page_scales import PageScale, page_scales

NOTHING_READ = PageText(words=(), open=())


def render(path: str, request: RenderRequest, limits: RenderLimits) -> Iterator[Frame]:
    """Yields the tiles as they are made, then the page's result.

    Raises UnreadableDocument, UnsupportedPage, RenderLimitExceeded.
    """
    _refuse_large_picture(path, request.page, limits.memory_mb)
    document = open_document(path)
    if not 1 <= request.page <= document.page_count:
        raise UnreadableDocument(
            f"the page asked for must be 1 to {document.page_count}; it is {request.page}; "
            "ask for a page of this document"
        )
    source = load_page(document, request.page)
    if document.is_pdf:
        measure_page(source, request.page, limits.work)
    size_pt = size_in_points(path, document, request.page, request.dpi)
    page = ShownPage(source, request.dpi, request.colour, size_pt)
    limit_mb = images.limit_mb(limits.memory_mb)
    if refusal := images.refusal(page.images, request.page, limit_mb):
        raise UnsupportedPage(refusal)
    text = NOTHING_READ
    if request.text_layer:
        text = read_text(page, shx_annotations(source) if document.is_pdf else ())
    counts = TileCounts()
    if request.tiles == "strokes" and not (strokes := strokes_of(source)).is_scan:
        counts = TileCounts(every=1, kept=1, sent=1)
        yield _stroke_tile(page, strokes)
    else:
        yield from _pixel_tiles(page, request, text, counts)
    size_pt = size_pt or (source.rect.width, source.rect.height)
    yield Frame("result", asdict(_result(page, size_pt, source.rotation, request, text, counts)))


def _stroke_tile(page: ShownPage, strokes: PageStrokes) -> Frame:
    box = (0, 0, page.width, page.height)
    return Frame("tile", {"index": 0, "box": box, "scale": 1.0}, to_archive(strokes))


def _pixel_tiles(
    page: ShownPage, request: RenderRequest, text: PageText, counts: TileCounts
) -> Iterator[Frame]:
    for scale in page_scales((page.width, page.height), _grid(request), request.second_scale):
        for frame in _tiles(page, scale, request, text, counts):
            counts.sent += 1
            yield frame


def _unread_text(request: RenderRequest, text: PageText) -> list[str]:
    """Returns warnings of what the text layer holds and lacks that nobody reads."""
    warnings = text.unread.warnings(request.page)
    if request.tiles == "never" and (places := text.lettering):
        warnings.append(
            f"page {request.page} shows lettering in {places} places that is not in its text "
            "layer and was not read; a profile with text_layer first reads it from the pixels"
        )
    return warnings


def _refuse_large_picture(path: str, number: int, memory_mb: int) -> None:
    """Before MuPDF opens it, which decodes a picture that is the document itself."""
    if refusal := picture_refusal(path, number, images.limit_mb(memory_mb)):
        raise UnsupportedPage(refusal)


@dataclass(slots=True)
class TileCounts:
    """Numbers of tiles of all scales: of the grid, left by regions and text, not blank."""

    every: int = 0
    kept: int = 0
    sent: int = 0


def _grid(request: RenderRequest) -> TileGrid:
    return TileGrid(request.tile_size, request.overlap)


def _tiles(
    page: ShownPage, scale: PageScale, request: RenderRequest, text: PageText, counts: TileCounts
) -> Iterator[Frame]:
    """Yields the tiles of one scale, drawn at that scale, for shrunk pixels lose thin lines."""
    grid = _grid(request)
    counts.every += grid.count(*scale.size)
    if request.tiles == "never":
        return
    kept = scale.tiles(grid, request.include, request.exclude)
    if request.tiles == "where-no-text":
        kept = _with_open_lettering(kept, scale, text.open)
    counts.kept += len(kept)
    drawn: DrawnPage = page if scale.ratio == 1 else page.shrunk(scale.ratio, scale.size)
    if page.has_large_image:
        drawn = TallStrips(drawn)
    for tile, image in cut_tiles(drawn, kept, request.tile_size, request.max_image_bytes):
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
    size_pt: tuple[float, float],
    rotation: int,
    request: RenderRequest,
    text: PageText,
    counts: TileCounts,
) -> RenderedPage:
    """Returns the page's result; its warnings tell what may be missing."""
    looks_blank = counts.sent == 0 and counts.kept == counts.every and page.declares_content()
    warnings = [f"page {request.page} declares content but renders blank"] if looks_blank else []
    if error := first_render_error():
        warnings.append(f"page {request.page} may lack parts; the renderer said: {error}")
    if request.text_layer:
        warnings += _unread_text(request, text)
    return RenderedPage(
        page=request.page,
        width_px=page.width,
        height_px=page.height,
        width_pt=round(size_pt[0], 3),
        height_pt=round(size_pt[1], 3),
        dpi=request.dpi,
        rotation=rotation,
        tiles_sent=counts.sent,
        tiles_skipped=counts.every - counts.sent,
        words=text.words,
        covers_page=text.covers_page,
        warnings=tuple(warnings),
        layout=layout_to_json(read_layout(page)),
    )
