"""Results after their review: of a stack's document, and as files for other commands."""

from __future__ import annotations

import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from tilescout import keys
from tilescout.documents import Document
from tilescout_cli.console import clock, terminal
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.console.terminal import counted
from tilescout_cli.documents import lookup, result_files, viewing
from tilescout_cli.documents.review_rows import ReviewRows
from tilescout_cli.stack import target
from tilescout_cli.stack.paths import cache_folder
from tilescout_cli.stack.target import Stack
from tilescout_reviews import reviewed_detections
from tilescout_reviews.corrections import Correction
from tilescout_reviews.review import Author, Review

PREFIX, LOCAL_PREFIX = "review:", "review:local:"
"""The beginning of a name that means a reviewed document in place of a file."""
Row = dict[str, Any]


def corrections(stack: Stack, document: Document) -> list[Correction]:
    """Returns the newest correction of each detection of the document's object."""
    source = keys.source_key(document.bucket, document.key)
    return list(Review(ReviewRows(stack.ledger, source)).corrections().values())


def result(stack: Stack, document: Document) -> Row:
    """Returns the content of detections.json after the review."""
    found: Row = json.loads(result_files.fetch(stack, document))
    made = corrections(stack, document)
    if not made:
        return found
    shown = reviewed_detections.review(document.result_id, found["detections"], made)
    return found | {"detections": reviewed_detections.rows(found, shown)}


def rows(stack: Stack, document: Document, found: Sequence[Row]) -> list[Row]:
    """Returns rows of the detections table after the review.

    ``found`` are all rows of the document's result set. A row that a person added has the members
    of the others that belong to the document.
    """
    made = corrections(stack, document)
    if not made:
        return list(found)
    return _reviewed_rows(document, found, made)


def rows_of_index(stack: Stack, found: Sequence[Row], documents: dict[str, Document]) -> list[Row]:
    """Returns rows that an index gave, without those that were rejected, with their corrections.

    What a person added or corrected is in no index, so a query by it does not find it.
    """
    of_result: defaultdict[str, list[Row]] = defaultdict(list)
    for row in found:
        of_result[row["document_id"]].append(row)
    kept: list[Row] = []
    for document_id, some in of_result.items():
        made = corrections(stack, documents[document_id])
        ids = {f"{documents[document_id].result_id}/{row['sort']}" for row in some}
        theirs = [each for each in made if each.id in ids]
        kept += _reviewed_rows(documents[document_id], some, theirs) if theirs else some
    return kept


def _reviewed_rows(
    document: Document, found: Sequence[Row], made: Sequence[Correction]
) -> list[Row]:
    as_detections = [row | {"id": row["sort"]} for row in found]
    shown = reviewed_detections.review(document.result_id, as_detections, made)
    pages = [{"page": page, "dpi": dpi} for page, dpi in _dpi_of(document, found).items()]
    whole = {"document": {"pages": pages}, "detections": as_detections}
    shared = {
        "result_id": document.result_id,
        "document_id": document.id,
        "source_key": keys.source_key(document.bucket, document.key),
        "source_version": document.version,
        "profile": document.profile.name,
        "run_id": document.run_id,
    }
    kept = []
    for row in reviewed_detections.rows(whole, shown):
        row["sort"] = row.pop("id")
        kept.append(shared | row)
    return kept


def _dpi_of(document: Document, found: Sequence[Row]) -> dict[int, int]:
    dpi = document.profile.dpi
    return dict.fromkeys(document.page_numbers(), dpi) | {row["page"]: row["dpi"] for row in found}


@contextmanager
def as_files(paths: Sequence[Path], form: Literal["coco", "rows"]) -> Iterator[list[Path]]:
    """Yields the paths, each name that begins with "review:" replaced by a file.

    "coco" writes COCO with pictures of the pages, "rows" the rows that `evaluate` reads. The files
    last as long as the context. Raises BadUsage for a document that is not there.
    """
    with tempfile.TemporaryDirectory() as folder:
        yield [
            _written(str(path), form, Path(folder) / str(number))
            if str(path).startswith(PREFIX)
            else path
            for number, path in enumerate(paths)
        ]


def _written(name: str, form: Literal["coco", "rows"], folder: Path) -> Path:
    from tilescout_exports import coco
    from tilescout_viewer import export_files, server

    author = Author(name="", now=clock.now)
    opened = server.library(_source(name), author, cache_folder())
    try:
        ids = [each.id for each in opened.source.documents() if each.pages]
        documents = export_files.exported(opened, ids)
        _tell_unreviewed(name, [row for each in documents for row in each.detections])
        folder.mkdir()
        if form == "coco":
            coco.FORMAT.write(documents, folder, export_files.options(opened, documents, ids))
            return folder / coco.ANNOTATIONS
        path = folder / "review.json"
        truth = [
            {"page": row["page"], "box": row["box_pt"], "text": row["text"],
             "label": row["label"], "file": each.key.rpartition("/")[2]}
            for each in documents for row in each.detections
        ]  # fmt: skip
        path.write_text(json.dumps(truth), encoding="utf-8")
        return path
    finally:
        opened.close()


def _source(name: str) -> Any:
    if name.startswith(LOCAL_PREFIX):
        stack = target.find(local=True, stack=None)
        return viewing.of_stack(stack, [name.removeprefix(LOCAL_PREFIX)])
    rest = name.removeprefix(PREFIX)
    if Path(rest).exists():
        return viewing.of_files([rest])
    return viewing.of_stack(target.find(local=False, stack=None), [rest])


def _tell_unreviewed(name: str, detections: Sequence[Mapping[str, Any]]) -> None:
    states = Counter(row.get("review", {}).get("state", "unreviewed") for row in detections)
    if not detections:
        raise BadUsage(f"{name} has no detections after its review; draw them with `view`")
    if states["unreviewed"]:
        terminal.say(
            f"{name}: {states['unreviewed']:,} of {counted(len(detections), 'detection')} were not "
            "reviewed, and count as true like the others"
        )


def documents_of(stack: Stack, found: Sequence[Row]) -> dict[str, Document]:
    """Returns the documents that the rows belong to, by their id."""
    return {each: lookup.named(stack, each) for each in {row["document_id"] for row in found}}
