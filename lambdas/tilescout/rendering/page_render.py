"""Renders one page into frames: one per tile, then the result. Runs in the child only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, astuple, dataclass
from typing import Any

from tilescout.errors import UnreadableDocument, UnsupportedPage
from tilescout.rendering.child_frames import Frame
from tilescout.rendering.mupdf_document import first_render_error, load_page, open_document
from tilescout.rendering.mupdf_page import ShownPage
from tilescout.rendering.page_tiles import cut_tiles
from tilescout.rendering.page_work import measure_page
from tilescout.rendering.process import RenderLimits
from tilescout.rendering.requests import RenderedPage, RenderRequest
from tilescout.rendering.text_layer import PageText, read_text
from tilescout.tiling.grid import TileGrid
from tilescout.tiling.page_scales import PageScale, page_scales

# A decoded image, its scaled copy and the band have to fit into the child's memory together.
IMAGE_SHARE_OF_MEMORY = 3
NO_TEXT = PageText(words=(), covers_page=False)


def render(path: str, request: RenderRequest, limits: RenderLimits) -> Iterator[Frame]:
    """Yields the tiles as they are made, then the page's result.

    Raises UnreadableDocument, UnsupportedPage, RenderLimitExceeded.
    """
    document = open_document(path)
    if not 1 <= request.page <= document.page_count:
        raise UnreadableDocument(
            f"the page asked for must be 1 to {document.page_count}; it is {request.page}; "
            "ask for a page of this document"
        )
    source = load_page(document, request.page)
    measure_page(source, request.page, limits.work)
    page = ShownPage(source, request.dpi, request.colour)
    _bound_images(page, request.page, limits.memory_mb)
    text = read_text(page) if request.text_layer else NO_TEXT
    counts = TileCounts()
    for scale in page_scales((page.width, page.height), _grid(request), request.second_scale):
        for frame in _tiles(page, scale, request, text, counts):
            counts.sent += 1
            yield frame
    yield Frame("result", asdict(_result(page, source, request, text, counts)))


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
    if request.tiles == "never" or (request.tiles == "where-no-text" and text.covers_page):
        return
    kept = scale.tiles(grid, request.include, request.exclude)
    counts.kept += len(kept)
    drawn = page if scale.ratio == 1 else page.shrunk(scale.ratio, scale.size)
    for tile, image in cut_tiles(drawn, kept, request.tile_size, request.max_image_bytes):
        place = scale.on_page(tile)
        value = {"index": place.index, "box": astuple(place.box), "scale": place.scale}
        yield Frame("tile", value, image)


def _bound_images(page: ShownPage, number: int, memory_mb: int) -> None:
    """Refuses large images before they are decoded: bands do not bound their memory."""
    limit_mb = memory_mb // IMAGE_SHARE_OF_MEMORY
    for image in page.images():
        width, height = image["width"], image["height"]
        decoded_mb = width * height * max(1, image["colorspace"]) // 1_000_000
        if decoded_mb > limit_mb:
            raise UnsupportedPage(
                f"an image may take {limit_mb} MB once decoded; page {number} has one of "
                f"{width} x {height} px that takes {decoded_mb} MB; scan or export it at a "
                "lower resolution"
            )


def _result(
    page: ShownPage,
    source: Any,
    request: RenderRequest,
    text: PageText,
    counts: TileCounts,
) -> RenderedPage:
    """Returns the page's result; its warnings tell what may be missing."""
    looks_blank = counts.sent == 0 and counts.kept == counts.every and page.declares_content()
    warnings = [f"page {request.page} declares content but renders blank"] if looks_blank else []
    if error := first_render_error():
        warnings.append(f"page {request.page} may lack parts; the renderer said: {error}")
    return RenderedPage(
        page=request.page,
        width_px=page.width,
        height_px=page.height,
        width_pt=round(source.rect.width, 3),
        height_pt=round(source.rect.height, 3),
        dpi=request.dpi,
        rotation=source.rotation,
        tiles_sent=counts.sent,
        tiles_skipped=counts.every - counts.sent,
        words=text.words,
        covers_page=text.covers_page,
        warnings=tuple(warnings),
    )
