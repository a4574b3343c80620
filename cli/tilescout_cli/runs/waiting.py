"""Waiting until every document has ended, and starting the runs that this takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tilescout.aws.tables import document_table, lease_table
from tilescout.documents import EXPLAINED, Document
from tilescout_cli.console import clock
from tilescout_cli.documents.uploads import SentPdf
from tilescout_cli.models.costs import ModelBill
from tilescout_cli.runs.executions import StartedRuns
from tilescout_cli.runs.progress import DocumentProgress, Totals, look, totals
from tilescout_cli.stack.target import Stack

LOCAL_POLL_SECONDS = 0.4
POLL_SECONDS = 2.0
UNSEEN_SECONDS = 60.0
"""An upload is processed within seconds; after this a person should know that it was not."""

LEFT_TO_THE_GUARD = (
    "the run was stopped; the guard stops its model within minutes, see `tilescout model status`"
)

Show = Callable[[Totals], None]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Watched:
    """One upload and its document, which is None where it was not processed before the timeout."""

    upload: SentPdf
    document: Document | None


def watch(
    stack: Stack, uploads: Sequence[SentPdf], *, seconds: float, show: Show, tell: Tell
) -> list[Watched]:
    """Returns every upload as it ended, or as it is when ``seconds`` are over.

    Runs that it started are stopped when it is interrupted, unless they end with their stack
    anyway. Raises CommandFailed where runs fail again and again.
    """
    runs = StartedRuns(stack, "detect", tell)
    try:
        progress = _watch(stack, uploads, runs, seconds=seconds, show=show, tell=tell)
    except BaseException:
        if stack.stays:
            _stop(runs, tell)
        raise
    return [Watched(upload, progress[upload.document_id].document) for upload in uploads]


def _stop(runs: StartedRuns, tell: Tell) -> None:
    ledger = runs.stack.ledger
    if runs.stop() and any(lease_table.read(ledger, each).owned for each in runs.latest):
        tell(LEFT_TO_THE_GUARD)


def _watch(
    stack: Stack,
    uploads: Sequence[SentPdf],
    runs: StartedRuns,
    *,
    seconds: float,
    show: Show,
    tell: Tell,
) -> dict[str, DocumentProgress]:
    progress = {upload.document_id: DocumentProgress() for upload in uploads}
    news = _News(stack, uploads, tell, time.monotonic())
    deadline = time.monotonic() + seconds
    while True:
        for document_id, last in progress.items():
            progress[document_id] = look(stack, document_id, last)
        show(totals(stack, progress.values()))
        news.tell_of(progress, time.monotonic())
        if all(each.is_settled for each in progress.values()) or time.monotonic() > deadline:
            return progress
        for model in models_to_run(progress.values()):
            runs.ensure(model, time.monotonic())
        time.sleep(LOCAL_POLL_SECONDS if stack.home else POLL_SECONDS)


def await_model(
    stack: Stack, watched: Sequence[Watched], *, seconds: float, show: Show, tell: Tell
) -> ModelBill:
    """Returns what the runs paid for a model, once it is down or time is over.

    The run stops it itself: a person who interrupts this leaves nothing behind.
    """
    progress = [look(stack, each.upload.document_id, DocumentProgress()) for each in watched]
    deadline = time.monotonic() + seconds
    while True:
        now = totals(stack, progress)
        if not now.model.doing or now.settled < now.documents or time.monotonic() > deadline:
            return now.model
        if _serves_others(stack, progress):
            tell("the run goes on with other documents, and stops the model when it ends")
            return now.model
        show(now)
        try:
            clock.wait(LOCAL_POLL_SECONDS if stack.home else POLL_SECONDS)
        except KeyboardInterrupt:
            tell("not waited for the run, which stops the model; see `tilescout model status`")
            return now.model


def _serves_others(stack: Stack, progress: Sequence[DocumentProgress]) -> bool:
    """Tells if a run of these documents works on others, too."""
    known = [each.document for each in progress if each.document]
    ids = {each.id for each in known}
    return any(
        other.run_id == one.run_id and other.id not in ids
        for one in known
        if one.profile.needs_model
        for other in document_table.with_status(stack.documents, "RUNNING", one.profile.model)
    )


def models_to_run(progress: Iterable[DocumentProgress]) -> list[str]:
    """Returns models with something to detect, once no upload is in intake any more.

    A model is then started for a known number of tiles, not for the first of many documents.
    """
    every = list(progress)
    if any(each.is_in_intake for each in every):
        return []
    waiting = {
        each.document.profile.model
        for each in every
        if each.document and each.document.status in ("QUEUED", "RUNNING")
    }
    return sorted(waiting)


class _News:
    """News that is told once, before the end."""

    def __init__(self, stack: Stack, uploads: Sequence[SentPdf], tell: Tell, since: float) -> None:
        logs = stack.home / "logs" if stack.home else "its log group"
        self._option = stack.option
        self._unseen = (
            f"not accepted after {UNSEEN_SECONDS:.0f} s; see why accept_document fails in {logs}"
        )
        self._names = {upload.document_id: upload.pdf.path.name for upload in uploads}
        self._tell = tell
        self._since = since
        self._told: set[str] = set()

    def tell_of(self, progress: dict[str, DocumentProgress], now: float) -> None:
        for document_id, current in progress.items():
            for text in (_followed(document_id, current), self._text(current, now)):
                if text and document_id + text not in self._told:
                    self._told.add(document_id + text)
                    self._tell(f"{self._names[document_id]}: {text}")

    def _text(self, current: DocumentProgress, now: float) -> str:
        document = current.document
        if document is None:
            unseen = now - self._since > UNSEEN_SECONDS
            return self._unseen * unseen
        if document.status == "WAITING_FOR_MODEL":
            return f"WAITING_FOR_MODEL: {document.reason or self._remedy(document)}"
        if document.status in EXPLAINED:
            return f"{document.status}: {document.reason}"
        return ""

    def _remedy(self, document: Document) -> str:
        project = document.profile.model_project
        remedy = "model use VERSION" if document.profile.needs_model else "onnx promote FILE"
        return (
            f"no version of {project} is active; activate one with "
            f"`tilescout {remedy} --project {project} {self._option}`"
        )


def _followed(document_id: str, current: DocumentProgress) -> str:
    document = current.document
    if document is None or document.id == document_id:
        return ""
    return (
        "the same file was uploaded again meanwhile; the result is that of its document "
        f"{document.id[:8]}"
    )
