"""`tilescout detect`: upload, run, wait, show; on AWS or on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from tilescout import keys
from tilescout_cli.console import tables, terminal
from tilescout_cli.console.failures import BadUsage, CommandFailed
from tilescout_cli.console.options import Json, Local, Pages, Pdfs, ProfileNames, StackName, example
from tilescout_cli.console.progress_view import ProgressView
from tilescout_cli.console.tables import MOST_ROWS
from tilescout_cli.console.terminal import counted, dollars, plain
from tilescout_cli.deployment import local_stack
from tilescout_cli.documents import queries, result_files
from tilescout_cli.documents import uploads as document_uploads
from tilescout_cli.documents.drawing import NotDrawn
from tilescout_cli.documents.queries import Question
from tilescout_cli.documents.result_files import Delivery
from tilescout_cli.documents.uploads import Pdf
from tilescout_cli.models.costs import ModelBill
from tilescout_cli.runs import waiting
from tilescout_cli.runs.waiting import Watched
from tilescout_cli.stack import cdk_profiles, paths, target
from tilescout_cli.stack.target import Stack

SECONDS_PER_MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """One document at the end: what was watched, its first rows, what was written."""

    watched: Watched
    rows: list[dict[str, Any]]
    delivery: Delivery | None

    @property
    def is_complete(self) -> bool:
        return self.watched.document is not None and self.watched.document.status == "DONE"


def register(app: typer.Typer) -> None:
    app.command("detect", epilog=example("tilescout detect --local --profile tags plan.pdf"))(
        detect
    )


def detect(
    pdfs: Pdfs,
    local: Local = False,
    stack: StackName = None,
    profile: ProfileNames = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where files go.")] = Path(
        "out"
    ),
    pages: Pages = "",
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="MIN", min=0.1, help="Minutes to wait.")
    ] = 60.0,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the embedded AWS running at the end.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Upload PDFs, run the detection, wait for it and show what was found.

    DIR/<name>/ receives detections.json, detections.csv, annotated.pdf and preview.png. With
    several profiles each has a folder of its own in it, and the pictures show all of them.

    Exit code 0: every document is DONE; 1: some are not; 2: a file or an option
    cannot be used; 3: the target cannot be reached; 130: interrupted.
    """
    if keep and not local:
        raise BadUsage("--keep is for --local; a deployed stack is always kept")
    profiles = _profiles(profile)
    pages = document_uploads.check_pages(pages)
    usable, refused = document_uploads.usable(pdfs)
    with ProgressView() as view, _target(view, local=local, stack=stack, keep=keep) as found:
        seconds = timeout * SECONDS_PER_MINUTE
        watched = _watch(found, usable, view, profiles=profiles, pages=pages, seconds=seconds)
        view.step("writing the results")
        finished = _finish(found, watched, out, profiles)
        bill = waiting.await_model(found, watched, seconds=seconds, show=view.show, tell=view.tell)
        hint = f"more: `tilescout results {found.option} --document ID`" if _stays(found) else ""
    _report(finished, bill, hint, as_json=as_json)
    raise typer.Exit(_exit_code(finished, refused))


def _profiles(names: list[str] | None) -> list[str]:
    """Each once. Raises BadUsage for a name that is not configured."""
    known = cdk_profiles.read()
    if not names:
        return [known.named(None).name]
    return list(dict.fromkeys(known.named(name).name for name in names))


@contextmanager
def _target(view: ProgressView, *, local: bool, stack: str | None, keep: bool) -> Iterator[Stack]:
    if local and not stack:
        with local_stack.for_one_command(view.step, keep=keep) as found:
            yield found
    else:
        yield target.find(local=local, stack=stack)


def _stays(stack: Stack) -> bool:
    """Whether it can still be asked when the command has ended."""
    return stack.home is None or stack.home == paths.embedded_home().resolve()


def _watch(
    stack: Stack,
    usable: list[Pdf],
    view: ProgressView,
    *,
    profiles: list[str],
    pages: str,
    seconds: float,
) -> list[Watched]:
    """Every file once a profile, a file's own together."""
    uploads = []
    for pdf in usable:
        view.step(f"uploading {pdf.path.name}")
        uploads += [
            document_uploads.upload(stack, pdf, profile=profile, pages=pages)
            for profile in profiles
        ]
    watched = waiting.watch(stack, uploads, seconds=seconds, show=view.show, tell=view.tell)
    for each in watched:
        asked = keys.profile_name(each.upload.key)
        if each.document and each.document.profile.name != asked:
            view.tell(
                f"{each.upload.pdf.path.name}: the stack has no profile {asked}, it took "
                f"{each.document.profile.name}; deploy this cdk.json"
            )
    return watched


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
    """The detections of all profiles of one file on one picture, beside their folders."""
    results = [each.delivery.result for each in finished if each.delivery]
    if results:
        pdf = finished[0].watched.upload.pdf.path
        try:
            files = result_files.draw(results, pdf, folder)
        except NotDrawn as reason:
            terminal.say(f"warning: {reason}")
        else:
            terminal.say(f"all profiles together: {', '.join(map(str, files))}")


def _finish_one(stack: Stack, watched: Watched, folder: Path) -> Finished:
    document = watched.document
    if document is None or not document.result_id or not document.has_ended:
        return Finished(watched=watched, rows=[], delivery=None)
    rows = list(queries.of_document(stack.detections, document, Question()))
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
    """The members of detections.json, with the file it came from and the files written."""
    document, upload = finished.watched.document, finished.watched.upload
    head = {"file": str(upload.pdf.path), "files": []}
    if finished.delivery:
        files = [str(path) for path in finished.delivery.files]
        return head | finished.delivery.result | {"files": files}
    state = {
        "id": document.id if document else upload.document_id,
        "status": document.status if document else "UNKNOWN",
        "reason": document.reason if document else "the upload was not looked at in time",
    }
    return head | {"document": state, "detections": []}


def _show(finished: Finished) -> None:
    document, upload = finished.watched.document, finished.watched.upload
    terminal.out.print()
    named = plain(f"{upload.pdf.path}, profile {keys.profile_name(upload.key)}")
    terminal.out.print(named, style="bold")
    if document is None:
        terminal.out.print("nobody looked at the upload in time; see `tilescout status`")
        return
    if finished.rows:
        terminal.out.print(tables.detections(finished.rows))
    delivery = finished.delivery
    folder = delivery.files[0].parent if delivery else None
    if len(finished.rows) > MOST_ROWS:
        terminal.out.print(plain(f"and {len(finished.rows) - MOST_ROWS} more in {folder}"))
    reason = f": {document.reason}" if document.reason else ""
    terminal.out.print(plain(f"{document.status}{reason}"))
    if delivery is None:
        return
    counts = f"{counted(len(finished.rows), 'detection')} on {counted(document.pages, 'page')}"
    spent = f"{counted(document.calls, 'call')}, {dollars(document.spent_usd)}"
    terminal.out.print(plain(f"{counts}, {spent}"))
    terminal.out.print(plain(f"files in {folder}: {', '.join(f.name for f in delivery.files)}"))
    for warning in (*document.warnings, *delivery.warnings):
        terminal.out.print(plain(f"warning: {warning}"))
