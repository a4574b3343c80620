"""Waits until every document has ended, and starts the runs that this takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tilescout.documents import Document
from tilescout_cli.pdf_uploads import SentPdf
from tilescout_cli.progress import Standing, Totals, look, totals
from tilescout_cli.runs_started import StartedRuns
from tilescout_cli.stacks import Stack

LOCAL_POLL_SECONDS = 0.4
POLL_SECONDS = 2.0
UNSEEN_SECONDS = 60.0
"""An upload is looked at within seconds; after this a person should know that it was not."""

Show = Callable[[Totals], None]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Watched:
    """What became of one upload; ``document`` is None where it was never looked at."""

    upload: SentPdf
    document: Document | None


def watch(
    stack: Stack, uploads: Sequence[SentPdf], *, seconds: float, show: Show, tell: Tell
) -> list[Watched]:
    """Every upload as it ended, or as it stands when ``seconds`` are over.

    Runs that it started are stopped when it is interrupted. Raises CommandFailed where runs fail
    again and again.
    """
    runs = StartedRuns(stack, "detect", tell)
    try:
        standings = _watch(stack, uploads, runs, seconds=seconds, show=show, tell=tell)
    except BaseException:
        runs.stop()
        raise
    return [Watched(upload, standings[upload.document_id].document) for upload in uploads]


def _watch(
    stack: Stack,
    uploads: Sequence[SentPdf],
    runs: StartedRuns,
    *,
    seconds: float,
    show: Show,
    tell: Tell,
) -> dict[str, Standing]:
    standings = {upload.document_id: Standing() for upload in uploads}
    news = _News(stack, uploads, tell, time.monotonic())
    deadline = time.monotonic() + seconds
    while True:
        for document_id, last in standings.items():
            standings[document_id] = look(stack, document_id, last)
        show(totals(stack, standings.values()))
        news.tell_of(standings, time.monotonic())
        if all(each.is_settled for each in standings.values()) or time.monotonic() > deadline:
            return standings
        for model in models_to_run(standings.values()):
            runs.ensure(model, time.monotonic())
        time.sleep(LOCAL_POLL_SECONDS if stack.home else POLL_SECONDS)


def models_to_run(standings: Iterable[Standing]) -> list[str]:
    """Models with something to detect, once no upload is in intake any more.

    A model is then started for a known number of tiles, not for the first of many documents.
    """
    every = list(standings)
    if any(each.is_in_intake for each in every):
        return []
    waiting = {
        each.document.profile.model
        for each in every
        if each.document and each.document.status in ("QUEUED", "RUNNING")
    }
    return sorted(waiting)


class _News:
    """Says once what a person should hear before the end."""

    def __init__(self, stack: Stack, uploads: Sequence[SentPdf], tell: Tell, since: float) -> None:
        logs = stack.home / "logs" if stack.home else "its log group"
        self._unseen = (
            f"not accepted after {UNSEEN_SECONDS:.0f} s; see why accept_document fails in {logs}"
        )
        self._names = {upload.document_id: upload.pdf.path.name for upload in uploads}
        self._tell = tell
        self._since = since
        self._told: set[str] = set()

    def tell_of(self, standings: dict[str, Standing], now: float) -> None:
        for document_id, standing in standings.items():
            text = self._text(standing, now)
            if text and document_id + text not in self._told:
                self._told.add(document_id + text)
                self._tell(f"{self._names[document_id]}: {text}")

    def _text(self, standing: Standing, now: float) -> str:
        document = standing.document
        if document is None:
            unseen = now - self._since > UNSEEN_SECONDS
            return self._unseen * unseen
        if document.status in ("REJECTED", "FAILED", "HELD", "WAITING_FOR_MODEL"):
            return f"{document.status}: {document.reason}"
        return ""
