"""The state of documents and runs as `tilescout status` shows it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tilescout.aws.items import from_item
from tilescout.documents import Document
from tilescout.runs.records import Run
from tilescout_cli.console import clock, tables, terminal
from tilescout_cli.console.tables import moment
from tilescout_cli.console.terminal import counted, dollars
from tilescout_cli.documents import lookup
from tilescout_cli.models import costs
from tilescout_cli.models.costs import ModelBill
from tilescout_cli.runs import progress
from tilescout_cli.runs.progress import DocumentProgress
from tilescout_cli.stack import cdk_profiles
from tilescout_cli.stack.target import Stack

NEWEST_DOCUMENTS = 20
NEWEST_RUNS = 5


def show(stack: Stack, name: str | None, *, as_json: bool) -> None:
    """Prints the newest documents and runs, or everything about the document ``name``."""
    if name is None:
        _overview(stack, as_json=as_json)
    else:
        _one(stack, lookup.named(stack, name), as_json=as_json)


def _overview(stack: Stack, *, as_json: bool) -> None:
    every = lookup.every(stack)
    runs = lookup.runs(stack)
    if as_json:
        latest = [_plain(document) for document in every]
        terminal.print_json({"documents": latest, "runs": [_run(stack, row) for row in runs]})
        return
    if not every:
        terminal.say("there is no document yet; `tilescout upload` or `tilescout detect` adds one")
        return
    terminal.out.print(tables.documents(every[:NEWEST_DOCUMENTS]))
    if len(every) > NEWEST_DOCUMENTS:
        terminal.out.print(f"and {len(every) - NEWEST_DOCUMENTS} more, see --json")
    for row in runs[:NEWEST_RUNS]:
        terminal.out.print(terminal.plain(_run_line(stack, from_item(Run, row))))


def _run_line(stack: Stack, run: Run) -> str:
    bill = _bill(stack, run)
    reused = f"{counted(run.tiles_reused, 'tile')} reused" if run.tiles_reused else ""
    model = f"model {bill}" if bill else ""
    parts = [run.status, dollars(run.spent_usd), reused, model, run.reason]
    head = f"run {moment(run.opened_at)} {run.model}"
    return f"{head}: {', '.join(part for part in parts if part)}"


def _bill(stack: Stack, run: Run) -> ModelBill:
    return costs.of_run(stack, run, clock.now(), cdk_profiles.prices())


def _run(stack: Stack, row: dict[str, Any]) -> dict[str, Any]:
    run = from_item(Run, row)
    names = ("model", "status", "execution", "opened_at", "closed_at", "documents", "reason", "id")
    told = {name: getattr(run, name) for name in (*names, "tiles_reused", "spent_usd")}
    bill = _bill(stack, run)
    if not (bill or run.model_version):
        return told
    return told | {
        "model_version": run.model_version,
        "units": run.units,
        "model_seconds": bill.seconds,
        "model_usd": bill.usd,
        "model_is_up": bool(bill.doing),
    }


def _plain(document: Document) -> dict[str, Any]:
    return asdict(document) | {"profile": document.profile.name}


def _one(stack: Stack, document: Document, *, as_json: bool) -> None:
    current = progress.look(stack, document.id, DocumentProgress())
    if as_json:
        terminal.print_json(_plain(document) | {"progress": _counts(current)})
        return
    totals = progress.totals(stack, [current])
    terminal.out.print(
        tables.facts(
            [
                ("document", document.id),
                ("key", document.key),
                ("profile", document.profile.name),
                ("status", document.status),
                ("doing", "" if current.is_settled else totals.stage),
                ("reason", document.reason),
                ("pages tiled", f"{current.pages_tiled} of {document.pages}"),
                ("tiles", _tiles(document, current)),
                ("calls", totals.calls),
                ("estimated", f"{_range(document)}"),
                ("spent", dollars(totals.usd)),
                ("model", dollars(document.model_usd) if document.model_usd else ""),
                ("model of its run", totals.model or ""),
                ("detections", document.detections if document.has_ended else ""),
                ("accepted", moment(document.accepted_at)),
                ("queued", moment(document.queued_at)),
                ("ended", moment(document.ended_at)),
                ("run", document.run_id),
                ("result", document.result_id),
                *[("warning", warning) for warning in document.warnings],
            ]
        )
    )


def _range(document: Document) -> str:
    return f"{dollars(document.estimated_usd_low)} to {dollars(document.estimated_usd_high)}"


def _counts(current: DocumentProgress) -> dict[str, int]:
    return {
        "pages": current.pages,
        "pages_tiled": current.pages_tiled,
        "tiles": current.tiles,
        "tiles_answered": current.tiles_answered,
        "tiles_failed": current.tiles_failed,
    }


def _tiles(document: Document, current: DocumentProgress) -> str:
    if current.is_in_intake:
        return f"at most {document.tiles_planned}"
    failed = f", {current.tiles_failed} failed" if current.tiles_failed else ""
    skipped = f", {document.tiles_skipped} blank" if document.tiles_skipped else ""
    reused = f", {document.tiles_reused} reused" if document.tiles_reused else ""
    return f"{current.tiles_answered} of {current.tiles} answered{failed}{skipped}{reused}"
