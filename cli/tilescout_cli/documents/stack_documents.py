"""The documents of a stack for the viewer, the exports and the Python API."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path

from tilescout import keys
from tilescout.aws import objects
from tilescout.aws.tables import document_table
from tilescout.documents import Document
from tilescout_cli.console.failures import CommandFailed
from tilescout_cli.documents import lookup, result_files
from tilescout_cli.documents.review_rows import ReviewRows
from tilescout_cli.stack.target import Stack
from tilescout_viewer.sources import DocumentResult, DocumentSummary, SourceError, result_of


class StackDocuments:
    """Documents of a stack that have a result, the newest version of each object.

    ``folder`` keeps the drawings that were fetched. Requests are made one after the other, as the
    conditions of boto3 may not be made by several threads at once.
    """

    def __init__(self, stack: Stack, folder: Path, chosen: Sequence[Document] = ()) -> None:
        self._stack = stack
        self._folder = folder
        self._chosen = list(chosen)
        self._results: dict[str, DocumentResult] = {}
        self._lock = threading.RLock()

    def documents(self) -> list[DocumentSummary]:
        """Returns the chosen documents, or all that have a result, newest first."""
        with self._lock:
            listed = [self._fresh(each.id) for each in self._chosen] or lookup.every(self._stack)
        return [
            DocumentSummary(
                id=each.id,
                name=each.key.rpartition("/")[2],
                profile=each.profile.name,
                status=each.status,
                pages=each.pages,
                detections=each.detections,
            )
            for each in listed
            if each.result_id
        ]

    def result(self, document_id: str) -> DocumentResult:
        """Returns detections.json of the result set that the document shows now."""
        with self._lock:
            document = self._fresh(document_id)
            if not document.result_id:
                raise SourceError(f"{document.key} has no result yet, it is {document.status}")
            known = self._results.get(document_id)
            if known is None or known.id != document.result_id:
                try:
                    value = json.loads(result_files.fetch(self._stack, document))
                except CommandFailed as failure:
                    raise SourceError(str(failure)) from failure
                known = result_of(value)
                self._results[document_id] = known
            return known

    def drawing(self, document_id: str) -> Path:
        """Returns the PDF, fetched from the documents bucket once."""
        with self._lock:
            document = self._fresh(document_id)
            path = self._folder / f"{document.id}.pdf"
            if not path.exists():
                self._folder.mkdir(parents=True, exist_ok=True)
                s3 = self._stack.clients.s3
                if not objects.download(s3, document.bucket, document.key, document.version, path):
                    raise SourceError(
                        f"s3://{document.bucket}/{document.key} is gone in version "
                        f"{document.version}; upload the drawing again"
                    )
            return path

    def review_log(self, document_id: str) -> ReviewRows:
        """Returns the log of the object's reviews; a new version of it keeps them."""
        with self._lock:
            document = self._fresh(document_id)
            source = keys.source_key(document.bucket, document.key)
            return ReviewRows(self._stack.ledger, source)

    def _fresh(self, document_id: str) -> Document:
        document = document_table.get(self._stack.documents, document_id)
        if document is None:
            raise SourceError(f"there is no document {document_id} any more; load the page again")
        return document
