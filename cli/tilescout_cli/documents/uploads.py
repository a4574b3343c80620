"""PDFs and pictures of the command line on their way into the documents bucket."""

from __future__ import annotations

import hashlib
import mimetypes
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import typer

from tilescout import keys
from tilescout.aws.documents import uploads as uploaded_objects
from tilescout.errors import UnreadableDocument
from tilescout.intake.page_ranges import parse_pages
from tilescout.rendering.file_kinds import HEAD_BYTES, PICTURE_NAMES, kind_of
from tilescout_cli.console import terminal
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.console.terminal import counted
from tilescout_cli.stack.target import Stack

DIGEST_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Pdf:
    """A file that begins like a PDF or picture; ``digest`` of its content keeps equal names
    apart."""

    path: Path
    digest: str

    def key(self, profile: str) -> str:
        # A name that is no UTF-8 is legal on a disk and illegal as a key.
        name = os.fsencode(self.path.name).decode("utf-8", "replace")
        return f"{keys.INCOMING}{profile}/{self.digest}/{name}"


@dataclass(frozen=True, slots=True)
class SentPdf:
    """A file and the document that it becomes."""

    pdf: Pdf
    document_id: str
    key: str


def check(paths: Iterable[Path]) -> tuple[list[Pdf], list[str]]:
    """Returns the usable files, each content once, and one line for every other file."""
    usable: dict[tuple[str, str], Pdf] = {}
    refused = []
    for path in paths:
        try:
            pdf = _checked(path)
        except BadUsage as refusal:
            refused.append(str(refusal))
            continue
        usable.setdefault((pdf.path.name, pdf.digest), pdf)
    return list(usable.values()), refused


def usable(paths: Iterable[Path]) -> tuple[list[Pdf], list[str]]:
    """Returns what ``check`` does and prints refusals. Raises BadUsage where no file is left."""
    files, refused = check(paths)
    for line in refused:
        terminal.say(f"tilescout: {line}")
    if not files:
        raise BadUsage("no file can be used")
    return files, refused


def _checked(path: Path) -> Pdf:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            if kind_of(file.read(HEAD_BYTES)) is None:
                raise BadUsage(
                    f"{path} does not begin with %PDF-, so it is no PDF, and it is no picture "
                    f"({PICTURE_NAMES}); export it anew"
                )
            file.seek(0)
            while part := file.read(1 << 20):
                digest.update(part)
    except FileNotFoundError as error:
        raise BadUsage(f"{path} does not exist; check the name") from error
    except OSError as error:
        raise BadUsage(f"{path} cannot be read ({error.strerror}); check its rights") from error
    return Pdf(path, digest.hexdigest()[:DIGEST_DIGITS])


def check_pages(pages: str) -> str:
    """Returns ``pages`` as given, such as 3 or 1-3. Raises BadUsage for anything else."""
    try:
        parse_pages(pages)
    except UnreadableDocument as error:
        raise BadUsage(
            f"--pages takes a page or a range from 1, such as 3 or 1-3, not {pages!r}"
        ) from error
    return pages


def upload(stack: Stack, pdf: Pdf, *, profile: str, pages: str = "") -> SentPdf:
    """Puts the file into the bucket; its arrival there starts everything."""
    key = pdf.key(profile)
    with pdf.path.open("rb") as body:
        answer = stack.clients.s3.put_object(
            Bucket=stack.documents_bucket,
            Key=key,
            Body=body,
            ContentType=mimetypes.guess_type(pdf.path.name)[0] or "application/pdf",
            Metadata={"profile": profile} | ({"pages": pages} if pages else {}),
        )
    version = answer.get("VersionId") or answer["ETag"].strip('"')
    return SentPdf(pdf, keys.document_id(stack.documents_bucket, key, version), key)


def upload_all(
    stack: Stack, files: tuple[list[Pdf], list[str]], *, profile: str, pages: str, as_json: bool
) -> None:
    """Uploads the usable files and prints their documents; ends with 2 where some were refused."""
    usable, refused = files
    done = [upload(stack, pdf, profile=profile, pages=pages) for pdf in usable]
    if as_json:
        terminal.print_json(
            [{"file": str(u.pdf.path), "document": u.document_id, "key": u.key} for u in done]
        )
    else:
        for each in done:
            typer.echo(f"{each.document_id}  {each.key}")
        terminal.say(f"see `tilescout status {done[-1].document_id[:8]} {stack.option}`")
    if refused:
        raise typer.Exit(BadUsage.exit_code)


def reconcile(stack: Stack, *, dry_run: bool, as_json: bool) -> None:
    """Announces every object of the bucket that has no document, and prints its key."""
    listed = uploaded_objects.all_latest(stack.clients.s3, stack.documents_bucket, keys.INCOMING)
    missing = []
    for upload in uploaded_objects.without_record(stack.documents, listed):
        missing.append(upload)
        if not dry_run:
            uploaded_objects.announce(stack.clients.sqs, stack.documents_queue, upload)
        if not as_json:
            typer.echo(terminal.printable(upload.key))
    if as_json:
        done = {"announced": not dry_run}
        terminal.print_json(
            [{"key": each.key, "version": each.version_id} | done for each in missing]
        )
        return
    did = "without a document" if dry_run else "announced"
    terminal.say(f"{counted(len(missing), 'object')} {did}")
