"""Lambda function: merges the answers of a page's tiles; the last page ends the document."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tilescout import keys, messages, results
from tilescout.aws import objects
from tilescout.aws.documents import cleanup, finalization
from tilescout.aws.documents.resources import Resources
from tilescout.aws.tables import detection_table, document_table, page_table, tile_table
from tilescout.detections import Answer, TextLine
from tilescout.detectors.responses import answer_from_json
from tilescout.documents import Document
from tilescout.drift.histograms import to_json
from tilescout.drift.sheet_figures import page_histograms
from tilescout.handlers import runtime, settings
from tilescout.ledger import PageRow, TileRow
from tilescout.merging.page import detect_with_warnings
from tilescout.merging.sheet_regions import (
    keep_wanted_regions,
    layout_with_words,
    scale_warnings,
)
from tilescout.merging.withheld_places import withheld_places, withheld_warnings
from tilescout.sheet_layout.layout import SheetLayout

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.typing import LambdaContext

SETTINGS = settings.read(settings.MergePageSettings)

SPARE_MILLISECONDS = 60_000
"""Within so much time before the function's end no more cleanup is begun."""

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, object], context: LambdaContext) -> PartialItemFailureResponse:
    def must_stop() -> bool:
        return context.get_remaining_time_in_millis() < SPARE_MILLISECONDS

    return runtime.each_message(event, partial(merge_hinted, must_stop=must_stop), context)


def merge_hinted(body: str, must_stop: Callable[[], bool]) -> None:
    """Merges the page of a hint, or takes over a cleanup that was left undone."""
    hint = messages.parse(messages.MergeHint, body)
    logger.append_keys(document_id=hint.document_id, page=hint.page)
    document = document_table.get(runtime.table(SETTINGS.documents_table), hint.document_id)
    if document is None or document.claim_token != hint.claim_token:
        logger.info("hint dropped", reason="the document is not under this claim")
        return
    if document.status == "RUNNING":
        ended = _merge(document, hint.page)
    else:
        ended = cleanup.take_cleanup(_resources(), document, runtime.now())
    if ended:
        _clean(document.id, must_stop)
    logger.info("hint handled", ended=ended)


def _clean(document_id: str, must_stop: Callable[[], bool]) -> None:
    document = document_table.get(runtime.table(SETTINGS.documents_table), document_id)
    if document is not None and document.has_ended:
        logger.info("document ended", status=document.status)
        cleanup.clean(_resources(), document, runtime.now(), must_stop)


def _merge(document: Document, number: int) -> bool:
    """Merges the page unless that is done; returns True where the document ended by it."""
    ledger = runtime.table(SETTINGS.ledger_table)
    result = keys.result_id(document.id, document.claim_token)
    merged = page_table.group(ledger, document.id, keys.merged_groups(result))
    page = page_table.read_page(ledger, document.id, number)
    if number not in merged and page is not None:
        bands = page_table.bands(ledger, document.id, number)
        if not all(band.is_complete for band in bands):
            logger.info("hint dropped", reason="the page is not complete")
            return False
        sort = keys.merged_group_sort(result, number)
        # A set that is never finished is found by this, and deleted with the ones replaced.
        page_table.add_to_group(ledger, document.id, sort, number, to="begun")
        _write_page(_result_set(result, document), page)
        page_table.add_to_group(ledger, document.id, sort, number)
        merged = page_table.group(ledger, document.id, keys.merged_groups(result))
    if len(merged) < document.pages:
        return False
    return finalization.finish(_resources(), document, runtime.now())


def _result_set(id: str, document: Document) -> results.ResultSet:
    return results.ResultSet(
        id=id,
        document=document,
        made_at=runtime.now(),
        keep_days=SETTINGS.results_retention_days,
    )


def _resources() -> Resources:
    return Resources(
        documents=runtime.table(SETTINGS.documents_table),
        ledger=runtime.table(SETTINGS.ledger_table),
        detections=runtime.table(SETTINGS.detections_table),
        s3=runtime.s3(),
        events=runtime.events(),
        tiles_bucket=SETTINGS.tiles_bucket,
        results_bucket=SETTINGS.results_bucket,
    )


def _left_out(page: int, answers: Iterable[Answer]) -> tuple[str, ...]:
    """Returns a warning of lines that the detector took for no lettering, if there are any."""
    count = sum(answer.left_out for answer in answers)
    if not count:
        return ()
    return (
        f"page {page}: {count} lines of ink without the look of lettering, such as circles, pins "
        "and hatching, were left out",
    )


def _write_page(result: results.ResultSet, page: PageRow) -> None:
    """Writes the page's rows and its file; repeatable, as ids follow from the answers alone."""
    tiles = _tiles(result.document, page)
    answers = _answers(result.document, page, tiles)
    merged = detect_with_warnings(
        answers, page.page, page.width_px, page.height_px, result.document.profile
    )
    versions = results.versions_by_tile(answers)
    layout = _layout(result.document, page, merged.lines)
    kept = keep_wanted_regions(
        merged.detections, layout, result.document.profile.exclude_regions, page
    )
    rows = [
        results.row(result, detection, n, page.dpi, versions, layout)
        for n, detection in enumerate(kept.detections)
    ]
    detections = runtime.table(SETTINGS.detections_table)
    detection_table.write_page(
        detections, result.id, page.page, rows, per_second=SETTINGS.rows_per_second
    )
    failed = sum(tile.state == "failed" for tile in tiles)
    withheld = withheld_places(answers, kept.detections, page, result.document.profile, layout)
    body = {
        "page": page.page,
        "detections": [results.detection_json(row) for row in rows],
        "withheld": [results.withheld_json(seen, page.page, page.dpi) for seen in withheld],
        "calls": sum(tile.calls for tile in tiles),
        "tiles_failed": failed,
        "tiles_answered": sum(tile.state == "answered" for tile in tiles),
        "tiles_reused": sum(tile.reused for tile in tiles),
        "model_versions": sorted(set(versions.values())),
        "histograms": to_json(page_histograms(page, answers, kept.detections, layout.slope)),
        "warnings": [
            *merged.warnings,
            *kept.warnings,
            *scale_warnings(page.page, layout),
            *(warning for answer in answers for warning in answer.warnings),
            *_left_out(page.page, answers),
            *withheld_warnings(page.page, withheld),
        ],
    }
    key = keys.page_result(result.id, page.page)
    objects.write(
        runtime.s3(), SETTINGS.results_bucket, key, json.dumps(body).encode(), "application/json"
    )
    metrics.add_metric("Detections", MetricUnit.Count, len(rows))
    logger.info("page merged", detections=len(rows), tiles=len(tiles), tiles_failed=failed)


def _layout(document: Document, page: PageRow, lines: Sequence[TextLine]) -> SheetLayout:
    """Returns the layout of the page's sheet, and keeps what the lines add to it."""
    known = results.sheet_layout(page)
    layout = layout_with_words(known, lines, page.dpi)
    if layout != known:
        text = results.layout_text(layout)
        page_table.set_layout(runtime.table(SETTINGS.ledger_table), document.id, page.page, text)
    return layout


def _tiles(document: Document, page: PageRow) -> list[TileRow]:
    ledger = runtime.table(SETTINGS.ledger_table)
    return [
        tile
        for band in page.bands
        for tile in tile_table.in_band(ledger, document.id, page.page, band)
    ]


def _answers(document: Document, page: PageRow, tiles: list[TileRow]) -> list[Answer]:
    """Returns all answers for the page. Raises LookupError where one's object is gone."""
    wanted = [tile.answer for tile in tiles if tile.state == "answered"]
    if page.has_layer:
        wanted.append(keys.layer_object(document.id, page.page))
    answers: list[Answer] = []
    for key in wanted:
        body = objects.read(runtime.s3(), SETTINGS.tiles_bucket, key)
        if body is None:
            raise LookupError(f"the answer {key} is gone; retry the document to detect it again")
        answers.append(answer_from_json(body.decode()))
    return answers
