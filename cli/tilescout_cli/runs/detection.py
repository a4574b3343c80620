"""The detection of PDFs from upload to result files, on AWS or on this machine."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tilescout import keys
from tilescout_cli.console import tables, terminal
from tilescout_cli.console.failures import BadUsage, CommandFailed
from tilescout_cli.console.progress_view import ProgressView
from tilescout_cli.console.tables import MAX_ROWS
from tilescout_cli.console.terminal import counted, dollars, plain
from tilescout_cli.deployment import local_stack
from tilescout_cli.documents import queries, result_files
from tilescout_cli.documents import uploads as document_uploads
from tilescout_cli.documents.drawing import DrawingFailed
from tilescout_cli.documents.queries import Query
from tilescout_cli.documents.result_files import Delivery
from tilescout_cli.documents.uploads import Pdf
from tilescout_cli.models.costs import ModelBill
from tilescout_cli.runs import waiting
from tilescout_cli.runs.waiting import Watched
from tilescout_cli.stack import cdk_profiles
from tilescout_cli.stack.target import Stack

NOT_PROCESSED = "the upload was not processed before the timeout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """One document at its end: what was watched, its rows, and the files written."""

    watched: Watched
    rows: list[dict[str, Any]]
    delivery: Delivery | None

    @property
    def is_complete(self) -> bool:
        return self.watched.document is not None and self.watched.document.status == "DONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order to detect PDFs: ``pages`` as 1-3 or empty; every wait lasts at most ``seconds``."""

    pdfs: list[Path]
    profiles: list[str]
    pages: str
    out: Path
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The stack to detect with; ``keep`` leaves an embedded AWS running at the end."""

    local: bool
    stack: str | None
    keep: bool


def detect(order: Order, where: Where, *, as_json: bool) -> int:
    """Uploads PDFs, runs the detection, waits for it, prints the results; returns the exit code.

    Raises BadUsage where options contradict each other or no file can be used.
    """
    if where.keep and not where.local:
        raise BadUsage("--keep is for --local; a deployed stack is always kept")
    document_uploads.check_pages(order.pages)
    usable, refused = document_uploads.usable(order.pdfs)
    opened = partial(local_stack.opened, local=where.local, stack=where.stack, keep=where.keep)
    with ProgressView() as view, opened(view.step) as stack:
        watched = _watch(stack, usable, view, order)
        view.step("writing the results")
        finished = _finish(stack, watched, order.out, order.profiles)
        bill = waiting.await_model(
            stack, watched, seconds=order.seconds, show=view.show, tell=view.tell
        )
        hint = f"more: `tilescout results {stack.option} ID`" if stack.stays else ""
    _report(finished, bill, hint, as_json=as_json)
    return _exit_code(finished, refused)


def profile_names(names: list[str] | None) -> list[str]:
    """Returns each name once, or the default's. Raises BadUsage for an unknown profile."""
    known = cdk_profiles.read()
    if not names:
        return [known.named(None).name]
    return list(dict.fromkeys(known.named(name).name for name in names))


def _watch(stack: Stack, usable: list[Pdf], view: ProgressView, order: Order) -> list[Watched]:
    """Uploads each file once per profile, those of one file together, and waits for all."""
    uploads = []
    for pdf in usable:
        view.step(f"uploading {pdf.path.name}")
        uploads += [
            document_uploads.upload(stack, pdf, profile=profile, pages=order.pages)
            for profile in order.profiles
        ]
    return waiting.watch(stack, uploads, seconds=order.seconds, show=view.show, tell=view.tell)


def _finish(stack: Stack, watched: list[Watched], out: Path, profiles: list[str]) -> list[Finished]:
    count = len(profiles)
    stems = [each.upload.pdf.path.stem for each in watched[::count]]
    finished = []
    for number, folder in enumerate(result_files.folders(out, stems)):
        of_file = watched[number * count : (number + 1) * count]
        if any(each.document and each.document.result_id for each in of_file):
            result_files.keep_drawing(of_file[0].upload.pdf.path, folder)
        if count == 1:
            finished += [_finish_one(stack, of_file[0], folder)]
            continue
        pairs = zip(of_file, profiles, strict=True)
        together = [_finish_one(stack, each, folder / profile) for each, profile in pairs]
        _draw_together(together, folder)
        finished += together
    return finished


def _draw_together(finished: list[Finished], folder: Path) -> None:
    """Draws the detections of all profiles of one file on one picture, beside their folders."""
    results = [each.delivery.result for each in finished if each.delivery]
    if results:
        pdf = finished[0].watched.upload.pdf.path
        try:
            files = result_files.draw(results, pdf, folder)
        except DrawingFailed as reason:
            terminal.say(f"warning: {reason}")
        else:
            terminal.say(f"all profiles together: {', '.join(map(str, files))}")


def _finish_one(stack: Stack, watched: Watched, folder: Path) -> Finished:
    document = watched.document
    if document is None or not document.result_id or not document.has_ended:
        return Finished(watched=watched, rows=[], delivery=None)
    rows = list(queries.of_document(stack.detections, document, Query()))
    body = result_files.fetch(stack, document)
    try:
        delivery = result_files.write(body, watched.upload.pdf.path, folder)
    except OSError as error:
        raise CommandFailed(
            f"{folder} cannot be written ({error.strerror}); give another folder with --out"
        ) from error
    return Finished(watched=watched, rows=rows, delivery=delivery)


def _exit_code(finished: list[Finished], refused: list[str]) -> int:
    if refused:
        return BadUsage.exit_code
    return 0 if all(each.is_complete for each in finished) else CommandFailed.exit_code


def _report(finished: list[Finished], bill: ModelBill, hint: str, *, as_json: bool) -> None:
    if as_json:
        documents = [_json(each) for each in finished]
        terminal.print_json({"documents": documents, "model": asdict(bill) if bill else None})
        return
    for each in finished:
        _show(each)
    if bill:
        terminal.out.print(plain(f"model: {bill} of the run, at the list price of AWS"))
    if hint:
        terminal.say(hint)


def _json(finished: Finished) -> dict[str, Any]:
    """Returns the members of detections.json, with the source file and the files written."""
    document, upload = finished.watched.document, finished.watched.upload
    head = {"file": str(upload.pdf.path), "files": []}
    if finished.delivery:
        files = [str(path) for path in finished.delivery.files]
        return head | finished.delivery.result | {"files": files}
    state = {
        "id": document.id if document else upload.document_id,
        "status": document.status if document else "UNKNOWN",
        "reason": document.reason if document else NOT_PROCESSED,
    }
    return head | {"document": state, "detections": []}


def _show(finished: Finished) -> None:
    document, upload = finished.watched.document, finished.watched.upload
    terminal.out.print()
    named = plain(f"{upload.pdf.path}, profile {keys.profile_name(upload.key)}")
    terminal.out.print(named, style="bold")
    if document is None:
        terminal.out.print(f"{NOT_PROCESSED}; see `tilescout status`")
        return
    if finished.rows:
        terminal.out.print(tables.detections(finished.rows))
    delivery = finished.delivery
    folder = delivery.files[0].parent if delivery else None
    if len(finished.rows) > MAX_ROWS:
        terminal.out.print(plain(f"and {len(finished.rows) - MAX_ROWS} more in {folder}"))
    reason = f": {document.reason}" if document.reason else ""
    terminal.out.print(plain(f"{document.status}{reason}"))
    if delivery is None:
        return
    counts = f"{counted(len(finished.rows), 'detection')} on {counted(document.pages, 'page')}"
    spent = f"{counted(document.calls, 'call')}, {dollars(document.spent_usd)}"
    if document.tiles_reused:
        spent += f", {counted(document.tiles_reused, 'tile')} reused"
    terminal.out.print(plain(f"{counts}, {spent}"))
    terminal.out.print(plain(f"files in {folder}: {', '.join(f.name for f in delivery.files)}"))
    for warning in (*document.warnings, *delivery.warnings):
        terminal.out.print(plain(f"warning: {warning}"))
