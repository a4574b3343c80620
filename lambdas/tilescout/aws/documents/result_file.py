"""The file detections.json, put together from the files of its pages one by one."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
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

    Raises LookupError where the result of a page is gone.
    """
    totals = Totals()
    with tempfile.TemporaryFile() as file:
        file.write(b'{"detections": [')
        for page in _pages(resources, result, document):
            # As text without its brackets, so that no more than a page is ever parsed at a time.
            text = json.dumps(page["detections"])[1:-1]
            file.write((", " if totals.detections and text else "").encode() + text.encode())
            totals.add(page)
        yield file, totals


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
