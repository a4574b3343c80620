"""A document that ended with something missing, or is held, goes back to the queue (rule 12)."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import TYPE_CHECKING

from tilescout import keys
from tilescout.aws import objects
from tilescout.aws.documents import intake, uploads
from tilescout.aws.tables import document_table, page_table, tile_table
from tilescout.documents import Document, Status
from tilescout.intake.retry_plan import Retry, is_kept, must_be_tiled, renew
from tilescout.ledger import BandRow, PageRow, TileRow
from tilescout.messages import Upload
from tilescout.transitions import decisions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True, kw_only=True)
class _PageRows:
    """The rows that the ledger still holds of a page; ``tiles`` are grouped by band."""

    page: int
    row: PageRow | None
    bands: list[BandRow]
    tiles: dict[int, list[TileRow]]

    def counted(self, plan: Retry, stored: Container[str]) -> Retry:
        """Returns the retry with this page added."""
        tiles = [tile for of_band in self.tiles.values() for tile in of_band]
        again = [(self.page, tile.tile) for tile in tiles if not is_kept(tile, stored)]
        anew = must_be_tiled(plan.document.id, self.row, self.bands, tiles, stored)
        return replace(
            plan,
            tiles=(*plan.tiles, *again),
            pages=(*plan.pages, self.page) if anew else plan.pages,
            answered=plan.answered + len(tiles) - len(again),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrier:
    """Retries documents. Each step may be repeated; no run sees the document before the last.

    Its old result stays visible until a run has made a new one.
    """

    documents: Table
    ledger: Table
    s3: S3Client
    sqs: SQSClient
    tiles_bucket: str
    pages_queue_url: str
    documents_queue_url: str

    def plan(self, document: Document) -> Retry:
        """Returns what a retry would do; changes nothing.

        Rows of the ledger expire 30 days after the document's end, images after 90 days: what is
        gone is made again from the PDF, and a tile whose answer is gone is detected again.
        """
        stored = self._stored(document)
        plan = Retry(document=document)
        for page in self._pages(document):
            plan = page.counted(plan, stored)
        return plan

    def retry(self, document: Document, now: int) -> Status | None:
        """Retries the document; returns its new status, or None where another call works on it."""
        until = now + decisions.CLEANUP_SECONDS
        # Whoever cleans up holds this, too: both at once would let rows expire that are needed.
        if document.clean_after > now or not self._hold_cleanup(document, until):
            return None
        plan = self.plan(document)
        if not self._prepare(document, plan, self._stored(document)):
            return None
        again = decisions.retry(replace(document, clean_after=until), plan.answered, now)
        if not document_table.commit_status(self.documents, again):
            return None
        status = intake.queue_if_tiled(self.documents, self.ledger, document, now)
        if status == "ACCEPTED":
            missing = intake.missing_pages(self.ledger, document)
            intake.send_pages(self.sqs, self.pages_queue_url, document.id, missing)
        return status

    def judge_again(self, document: Document) -> bool:
        """Forgets a REJECTED document and announces its upload anew; returns True where it did.

        Between the two it is an object without a record, which the guard finds too.
        """
        version = document.version
        if objects.head(self.s3, document.bucket, document.key, version) is None:
            return False
        if not document_table.forget(self.documents, document.id):
            return False
        upload = Upload(document.bucket, document.key, version)
        uploads.announce(self.sqs, self.documents_queue_url, upload)
        return True

    def _hold_cleanup(self, document: Document, until: int) -> bool:
        unchanged = decisions.unchanged(document)
        return document_table.update(self.documents, document.id, {"clean_after": until}, unchanged)

    def _stored(self, document: Document) -> frozenset[str]:
        prefixes = (keys.tile_images(document.id), keys.answers(document.id))
        return frozenset(
            name
            for prefix in prefixes
            for name in objects.names(self.s3, self.tiles_bucket, prefix)
        )

    def _pages(self, document: Document) -> Iterator[_PageRows]:
        bands: dict[int, list[BandRow]] = {}
        for band in page_table.bands(self.ledger, document.id):
            bands.setdefault(band.page, []).append(band)
        for page in document.page_numbers():
            row = page_table.read_page(self.ledger, document.id, page)
            of_page = bands.get(page, [])
            known = {*(row.bands if row else ()), *(band.band for band in of_page)}
            yield _PageRows(
                page=page, row=row, bands=of_page, tiles=self._tiles(document, page, known)
            )

    def _tiles(self, document: Document, page: int, known: set[int]) -> dict[int, list[TileRow]]:
        """Returns tiles by band, also those that outlived the rows of their band or page."""
        by_band: dict[int, list[TileRow]] = {}
        for band in count():
            tiles = list(tile_table.in_band(self.ledger, document.id, page, band))
            if tiles:
                by_band[band] = tiles
            elif band > max(known, default=-1):
                return by_band
        raise AssertionError("a page has no end of bands")

    def _prepare(self, document: Document, plan: Retry, stored: Container[str]) -> bool:
        """Keeps the rows, renews tiles that lack an answer, and unmarks pages to be tiled again.

        No run reads any of that yet. Returns False where rows expired meanwhile.
        """
        whole = [page_table.keep(self.ledger, keys.document_partition(document.id))]
        for page in plan.pages:
            page_table.unmark(self.ledger, document.id, page, attempts=0)
        for rows in self._pages(document):
            whole += [
                page_table.keep(self.ledger, keys.tile_partition(document.id, rows.page, band))
                for band in rows.tiles
            ]
            self._renew(document, rows, stored)
        if document.status == "FAILED" and document.result_id:
            self._forget_result(document)
        return all(whole)

    def _renew(self, document: Document, rows: _PageRows, stored: Container[str]) -> None:
        for tile in chain.from_iterable(rows.tiles.values()):
            if not is_kept(tile, stored):
                tile_table.change(
                    self.ledger, document.id, rows.page, tile.tile, lambda row: renew(row, stored)
                )
        for band in rows.bands:
            kept = [tile for tile in rows.tiles.get(band.band, []) if is_kept(tile, stored)]
            page_table.recount(self.ledger, document.id, band, {tile.tile for tile in kept})

    def _forget_result(self, document: Document) -> None:
        """Has the empty result set of a FAILED document deleted at its next end."""
        sort = keys.merged_group_sort(document.result_id, document.first_page)
        page_table.add_to_group(self.ledger, document.id, sort, document.first_page, to="begun")
