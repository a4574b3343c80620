"""PDF files of the command line on their way into the documents bucket."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tilescout import keys
from tilescout.rendering import PDF_MARK, PDF_MARK_WITHIN
from tilescout_cli.failures import BadUsage
from tilescout_cli.stacks import Stack

DIGEST_DIGITS = 8
PAGES = re.compile(r"[1-9]\d*(-[1-9]\d*)?")


@dataclass(frozen=True, slots=True)
class Pdf:
    """A file that begins like a PDF; ``digest`` of its content keeps equal names apart."""

    path: Path
    digest: str

    def key(self, profile: str) -> str:
        # A name that is no UTF-8 is legal on a disk and illegal as a key.
        name = os.fsencode(self.path.name).decode("utf-8", "replace")
        return f"{keys.INCOMING}{profile}/{self.digest}/{name}"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file and the document that it becomes."""

    pdf: Pdf
    document_id: str
    key: str


def check(paths: Iterable[Path]) -> tuple[list[Pdf], list[str]]:
    """The usable files, each content once, and one line for every other."""
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


def _checked(path: Path) -> Pdf:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            if PDF_MARK not in file.read(PDF_MARK_WITHIN):
                raise BadUsage(f"{path} does not begin with %PDF-, so it is no PDF; export it anew")
            file.seek(0)
            while part := file.read(1 << 20):
                digest.update(part)
    except FileNotFoundError as error:
        raise BadUsage(f"{path} does not exist; check the name") from error
    except OSError as error:
        raise BadUsage(f"{path} cannot be read ({error.strerror}); check its rights") from error
    return Pdf(path, digest.hexdigest()[:DIGEST_DIGITS])


def check_pages(pages: str) -> str:
    """``pages`` as given, such as 3 or 1-3. Raises BadUsage for anything else."""
    first, _, last = pages.partition("-")
    if pages and (not PAGES.fullmatch(pages) or (last and int(last) < int(first))):
        raise BadUsage(f"--pages takes a page or a range from 1, such as 3 or 1-3, not {pages!r}")
    return pages


def upload(stack: Stack, pdf: Pdf, *, profile: str, pages: str = "") -> Upload:
    """Put the file into the bucket; its arrival there starts everything."""
    key = pdf.key(profile)
    with pdf.path.open("rb") as body:
        answer = stack.clients.s3.put_object(
            Bucket=stack.documents_bucket,
            Key=key,
            Body=body,
            ContentType="application/pdf",
            Metadata={"pages": pages} if pages else {},
        )
    version = answer.get("VersionId") or answer["ETag"].strip('"')
    return Upload(pdf, keys.document_id(stack.documents_bucket, key, version), key)
