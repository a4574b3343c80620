"""The progress of a command's documents, read from the documents table and the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tilescout import keys
from tilescout.aws.tables import document_table, page_table
from tilescout.documents import SETTLED, Document, Status
from tilescout.runs.records import Run
from tilescout_cli.console import clock
from tilescout_cli.console.terminal import dollars
from tilescout_cli.models import costs
from tilescout_cli.models.costs import NO_BILL, ModelBill
from tilescout_cli.stack import cdk_profiles
from tilescout_cli.stack.target import Stack

INTAKE: frozenset[Status] = frozenset({"ACCEPTED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentProgress:
    """The progress of one document; ``document`` is None until its upload is processed.

    ``run_ids`` are the runs that were seen to work on it.
    """

    document: Document | None = None
    run_ids: frozenset[str] = frozenset()
    pages_tiled: int = 0
    tiles: int = 0
    tiles_answered: int = 0
    tiles_failed: int = 0

    @property
    def is_settled(self) -> bool:
        return self.document is not None and self.document.status in SETTLED

    @property
    def is_in_intake(self) -> bool:
        return self.document is None or self.document.status in INTAKE

    @property
    def pages(self) -> int:
        return self.document.pages if self.document else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over all documents of the command; ``usd`` of their calls at AWS list prices.

    ``model`` is what their runs paid for a model, which others may share.
    """

    documents: int
    settled: int
    in_intake: int
    running: int
    pages: int
    pages_tiled: int
    tiles: int
    tiles_ended: int
    tiles_failed: int
    calls: int
    usd: float
    model: ModelBill = NO_BILL

    @property
    def stage(self) -> str:
        """Returns what is being done now, in a few words."""
        if self.settled == self.documents:
            return "stopping the model" if self.model.doing else "done"
        if self.in_intake:
            return "tiling pages" if self.pages else "checking the PDF"
        if not self.running:
            return "waiting for a run"
        if self.model.doing == "starting":
            return "starting the model"
        return "detecting" if self.tiles_ended < self.tiles else "merging"

    @property
    def bars(self) -> list[tuple[str, int, int]]:
        """Returns name, done and total for pages and tiles, where there are any."""
        counts = [
            ("pages tiled", self.pages_tiled, self.pages),
            ("tiles answered", self.tiles_ended, self.tiles),
        ]
        return [(name, done, of) for name, done, of in counts if of]

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Returns the calls with their price and the failed tiles, then the model."""
        failed = f", {self.tiles_failed} tiles failed" if self.tiles_failed else ""
        calls = ("calls", f"{self.calls}, {dollars(self.usd)}{failed}")
        return [calls, ("model", str(self.model))] if self.model else [calls]

    @property
    def summary(self) -> str:
        """Returns the stage, pages, tiles, calls, dollars, the model and its price in one line."""
        counts = [f"{name} {done}/{of}" for name, done, of in self.bars]
        model = [f"model {self.model}"] if self.model else []
        calls = f"calls {self.calls} ({dollars(self.usd)})"
        return ", ".join([self.stage, *counts, calls, *model])


def look(stack: Stack, document_id: str, last: DocumentProgress) -> DocumentProgress:
    """Returns the progress now; what is settled is not read again.

    ``document`` of the result is another one where this one is SUPERSEDED: a command gives each
    content a key of its own, so that a newer version of it is the same work.
    """
    if last.is_settled:
        return last
    document = _followed(stack, document_id)
    if document is None:
        return last
    seen = last.run_ids | ({document.run_id} - {""})
    return replace(_progress(stack, document), run_ids=seen)


def _progress(stack: Stack, document: Document) -> DocumentProgress:
    if document.status in INTAKE:
        tiled = page_table.group(stack.ledger, document.id, keys.PAGE_GROUPS)
        return DocumentProgress(document=document, pages_tiled=len(tiled))
    if document.status != "RUNNING":
        return _without_tiles(document)
    bands = page_table.bands(stack.ledger, document.id)
    return DocumentProgress(
        document=document,
        pages_tiled=document.pages,
        tiles=sum(band.planned for band in bands),
        tiles_answered=sum(len(band.answered) for band in bands),
        tiles_failed=sum(len(band.failed) for band in bands),
    )


def _followed(stack: Stack, document_id: str) -> Document | None:
    """Returns the document, or the newest that superseded it."""
    found = document_table.get(stack.documents, document_id)
    while found is not None and found.status == "SUPERSEDED" and found.superseded_by:
        newer = document_table.get(stack.documents, found.superseded_by)
        if newer is None:
            return found
        found = newer
    return found


def _without_tiles(document: Document) -> DocumentProgress:
    return DocumentProgress(
        document=document,
        pages_tiled=document.pages,
        tiles=document.tiles_planned,
        tiles_answered=document.tiles_answered,
        tiles_failed=document.tiles_failed,
    )


def totals(stack: Stack, documents: Iterable[DocumentProgress]) -> Totals:
    """Returns the sums; calls of documents that still run are counted by all their runs."""
    every = list(documents)
    known = [each.document for each in every if each.document]
    runs = _runs(stack, every)
    calls, usd = _spent(runs, every)
    return Totals(
        documents=len(every),
        settled=sum(each.is_settled for each in every),
        in_intake=sum(each.is_in_intake for each in every),
        running=sum(each.status == "RUNNING" for each in known),
        pages=sum(each.pages for each in every),
        pages_tiled=sum(each.pages_tiled for each in every),
        tiles=sum(each.tiles for each in every),
        tiles_ended=sum(each.tiles_answered + each.tiles_failed for each in every),
        tiles_failed=sum(each.tiles_failed for each in every),
        calls=calls,
        usd=usd,
        model=_bill(stack, runs, known),
    )


def _runs(stack: Stack, documents: list[DocumentProgress]) -> dict[str, Run]:
    """Returns the runs that still count for a document, or that may have a model."""
    run_ids = {
        run_id
        for each in documents
        if each.document and (not each.document.has_ended or each.document.profile.needs_model)
        for run_id in each.run_ids
    }
    found = (
        (run_id, document_table.get_run(stack.documents, run_id)) for run_id in sorted(run_ids)
    )
    return {run_id: run for run_id, run in found if run}


def _spent(runs: dict[str, Run], documents: list[DocumentProgress]) -> tuple[int, float]:
    known = [each.document for each in documents if each.document]
    ended = [each for each in known if each.has_ended]
    calls, usd = sum(each.calls for each in ended), sum(each.spent_usd for each in ended)
    running = {
        run_id: each.document
        for each in documents
        if each.document and not each.document.has_ended
        for run_id in each.run_ids
    }
    for run_id, document in running.items():
        made = runs[run_id].calls if run_id in runs else 0
        # A run counts for all its documents; those that ended are counted already.
        made = max(0, made - sum(each.calls for each in ended if each.run_id == run_id))
        calls += made
        usd += made * document.price_per_call
    return calls, usd


def _bill(stack: Stack, runs: dict[str, Run], documents: list[Document]) -> ModelBill:
    of_models = sorted({each.run_id for each in documents if each.profile.needs_model})
    now, prices = clock.now(), cdk_profiles.prices()
    bills = (costs.of_run(stack, runs[run], now, prices) for run in of_models if run in runs)
    return sum(bills, NO_BILL)
