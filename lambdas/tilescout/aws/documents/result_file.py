"""The file detections.json, put together from the files of its pages one by one."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from tilescout import keys
from tilescout.aws import objects, parallel
from tilescout.results import Totals

if TYPE_CHECKING:
    from tilescout.aws.documents.resources import Resources
    from tilescout.documents import Document


@contextmanager
def gathered(
    resources: Resources, result: str, document: Document
) -> Iterator[tuple[IO[bytes], Totals]]:
    """Yields a file with the detections of all pages, in page order, and their totals.

    What pages withheld is a list of its own, where there is any.

    Raises LookupError where the result of a page is gone.
    """
    totals = Totals()
    with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as withheld:
        file.write(b'{"detections": [')
        for page in _pages(resources, result, document):
            _append(file, page["detections"], is_first=not totals.detections)
            # A page merged by the version before this one names none.
            _append(withheld, page.get("withheld", ()), is_first=not withheld.tell())
            totals.add(page)
        if withheld.tell():
            file.write(b'], "withheld": [')
            withheld.seek(0)
            shutil.copyfileobj(withheld, file)
        yield file, totals


def _append(file: IO[bytes], rows: Sequence[dict[str, Any]], *, is_first: bool) -> None:
    """Writes rows without brackets, so that no more than a page is ever parsed at a time."""
    text = json.dumps(rows)[1:-1]
    file.write((", " if text and not is_first else "").encode() + text.encode())


def write(resources: Resources, result: str, file: IO[bytes], head: dict[str, Any]) -> None:
    """Completes the gathered file with the head of the document, and stores it."""
    file.write(b'], "document": ' + json.dumps(head).encode() + b"}")
    file.seek(0)
    key = keys.document_result(result)
    objects.write_file(resources.s3, resources.results_bucket, key, file, "application/json")


def delete(resources: Resources, result: str, document: Document) -> None:
    """Deletes the files of a result set that no document points to."""
    pages = [keys.page_result(result, page) for page in document.page_numbers()]
    objects.delete(resources.s3, resources.results_bucket, [keys.document_result(result), *pages])


def _pages(resources: Resources, result: str, document: Document) -> Iterator[dict[str, Any]]:
    def read(page: int) -> bytes:
        body = objects.read(resources.s3, resources.results_bucket, keys.page_result(result, page))
        if body is None:
            raise LookupError(f"the result of page {page} is gone; the page is merged again")
        return body

    for body in parallel.in_order(read, document.page_numbers()):
        yield json.loads(body)
