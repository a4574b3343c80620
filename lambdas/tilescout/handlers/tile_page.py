"""Lambda function: cuts pages into tiles; the last page queues the document."""

from __future__ import annotations

import json
import tempfile
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tilescout import keys, messages
from tilescout.aws import clients, objects, queues
from tilescout.aws.documents import events, intake
from tilescout.aws.tables import document_table, page_table
from tilescout.detections import TEXT_LAYER_TILE, Answer
from tilescout.detectors import reuse
from tilescout.detectors.responses import answer_to_json
from tilescout.documents import Document
from tilescout.errors import RenderLimitExceeded, UnreadableDocument, UnsupportedPage
from tilescout.geometry import Box
from tilescout.handlers import runtime, settings
from tilescout.intake.page_dpi import page_dpi, small_lettering
from tilescout.ledger import PageRow, TileRow
from tilescout.rendering.file_kinds import is_archive
from tilescout.rendering.process import RenderLimits
from tilescout.rendering.render import inspect_for_profile, render_page
from tilescout.rendering.requests import RenderedPage, RenderedTile, RenderRequest

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.typing import LambdaContext

SETTINGS = settings.read(settings.TilePageSettings)
MAX_ATTEMPTS = 3
RENDERING = RenderLimits(
    wall_seconds=120, cpu_seconds=120, memory_mb=2500, renderer=SETTINGS.renderer
)
PAGE_SECONDS = 180
"""The longest time to measure and render a page and store its tiles."""

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, object], context: LambdaContext) -> PartialItemFailureResponse:
    return runtime.each_message(event, lambda body: tile_pages(body, context), context)


def tile_pages(body: str, context: LambdaContext) -> None:
    """Tiles the pages of one message; those for which time is too short go back to the queue."""
    pages = messages.parse(messages.PageRange, body)
    logger.append_keys(document_id=pages.document_id)
    document = document_table.get(runtime.table(SETTINGS.documents_table), pages.document_id)
    if document is None or document.status != "ACCEPTED":
        logger.info(
            "document is not to be tiled any more",
            status=document.status if document else "unknown",
        )
        _announce(pages.document_id)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document.pdf"
        for page in range(pages.first_page, pages.last_page + 1):
            if context.get_remaining_time_in_millis() < PAGE_SECONDS * 1000:
                _send_rest(pages, page)
                break
            tile_page(document, page, path)
    status = intake.queue_if_tiled(
        runtime.table(SETTINGS.documents_table),
        runtime.table(SETTINGS.ledger_table),
        document,
        runtime.now(),
    )
    if status == "FAILED":
        _announce(document.id)
    logger.info("pages tiled", first=pages.first_page, last=pages.last_page, status=status)


def _announce(document_id: str) -> None:
    """Announces a document of which no page could be tiled; may be repeated."""
    documents = runtime.table(SETTINGS.documents_table)
    events.announce_without_result(documents, runtime.events(), document_id)


def _send_rest(pages: messages.PageRange, page: int) -> None:
    rest = replace(pages, first_page=page)
    queues.send(runtime.sqs(), SETTINGS.pages_queue_url, [rest])
    logger.info("remaining pages sent to the queue: the function's time is nearly over", first=page)


def tile_page(document: Document, page: int, path: Path) -> None:
    """Tiles one page unless it is marked; gives it up with a reason after too many crashes."""
    ledger = runtime.table(SETTINGS.ledger_table)
    row = page_table.read_page(ledger, document.id, page) or PageRow(page=page)
    if not row.is_marked:
        row = _tiled_or_given_up(document, row, path)
    page_table.mark(ledger, document.id, row)


def _tiled_or_given_up(document: Document, row: PageRow, path: Path) -> PageRow:
    if row.attempts >= MAX_ATTEMPTS:
        reason = f"tiling stopped without an answer {MAX_ATTEMPTS} times; lower the dpi"
        return replace(row, failed_reason=reason)
    try:
        _fetch(document, path)
        return _attempted(document, row.page, path)
    except (UnreadableDocument, UnsupportedPage, RenderLimitExceeded) as error:
        return replace(row, failed_reason=str(error))


def _attempted(document: Document, page: int, path: Path) -> PageRow:
    """Returns the tiled page. The attempt counts if it ends without an answer or an error of AWS.

    It is counted before, as a crash leaves nobody who could do it afterwards.
    """
    attempts = runtime.at_most_once(SETTINGS.ledger_table)
    row = page_table.count_attempt(attempts, document.id, page)
    try:
        return _render(document, row, path)
    except clients.ERRORS:
        page_table.give_back_attempt(attempts, document.id, page)
        raise


def _fetch(document: Document, path: Path) -> None:
    """Downloads the file once per invocation."""
    if path.exists():
        return
    if not objects.download(runtime.s3(), document.bucket, document.key, document.version, path):
        raise UnreadableDocument("the object's version was deleted; upload the file again")


def _grid(request: RenderRequest) -> str:
    if request.second_scale == 0:
        return keys.grid_hash(request)
    return keys.grid_hash(request, request.second_scale)


@dataclass(frozen=True, slots=True)
class _Resolution:
    """The dpi of a page, and warnings of lettering that is too small at it."""

    dpi: int
    warnings: tuple[str, ...] = ()


def _resolution(document: Document, page: int, path: Path) -> _Resolution:
    """Returns the dpi that the page's lettering needs, or the one that it was tiled at before."""
    profile = document.profile
    if not profile.has_auto_dpi:
        return _Resolution(profile.dpi)
    (facts,) = inspect_for_profile(path, profile, (page, page), limits=RENDERING).pages
    ledger = runtime.table(SETTINGS.ledger_table)
    dpi = page_table.settle_dpi(ledger, document.id, page, page_dpi(facts, profile))
    return _Resolution(dpi, small_lettering(facts, dpi, profile))


def _render(document: Document, row: PageRow, path: Path) -> PageRow:
    resolution = _resolution(document, row.page, path)
    request = RenderRequest.for_page(row.page, document.profile, dpi=resolution.dpi)
    grid = _grid(request)
    tiles: list[TileRow] = []
    sizes: list[int] = []

    def store(rendered: RenderedTile) -> None:
        image = keys.tile_image(document.id, row.page, grid, rendered.tile.index)
        kind = "application/zip" if is_archive(rendered.image) else "image/jpeg"
        objects.write(runtime.s3(), SETTINGS.tiles_bucket, image, rendered.image, kind)
        sizes.append(len(rendered.image))
        tiles.append(
            TileRow(
                page=row.page,
                tile=rendered.tile.index,
                box=astuple(rendered.tile.box),
                image=image,
                scale=rendered.tile.scale,
                reuse_key=reuse.reuse_key(rendered.image, rendered.tile, document.profile),
            )
        )

    page = render_page(path, request, store, RENDERING)
    if page.words:
        _store_layer(document, page)
    ledger = runtime.table(SETTINGS.ledger_table)
    page_table.write_tiles(ledger, document.id, row.page, tiles)
    bands = page_table.write_bands(ledger, document.id, row.page, [tile.tile for tile in tiles])
    metrics.add_metric("TilesPlanned", MetricUnit.Count, page.tiles_sent)
    page = replace(page, warnings=resolution.warnings + page.warnings)
    return _marked(replace(row, image_bytes=sum(sizes)), page, grid, bands)


def _store_layer(document: Document, page: RenderedPage) -> None:
    box = Box(0, 0, page.width_px, page.height_px)
    layer = Answer(tile=TEXT_LAYER_TILE, tile_box=box, words=page.words, calls=0)
    key = keys.layer_object(document.id, page.page)
    body = answer_to_json(layer).encode()
    objects.write(runtime.s3(), SETTINGS.tiles_bucket, key, body, "application/json")


def _marked(row: PageRow, page: RenderedPage, grid: str, bands: tuple[int, ...]) -> PageRow:
    return replace(
        row,
        tiled=True,
        width_px=page.width_px,
        height_px=page.height_px,
        width_pt=page.width_pt,
        height_pt=page.height_pt,
        dpi=page.dpi,
        rotation=page.rotation,
        grid=grid,
        tiles=page.tiles_sent,
        skipped=page.tiles_skipped,
        scan_dpi=page.scan_dpi,
        bands=bands,
        has_layer=bool(page.words),
        warnings=page.warnings,
        layout=json.dumps(page.layout, separators=(",", ":")) if page.layout else "",
    )
