"""Everything that a stack stores of one object: found by listing, and deleted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key

from tilescout import keys
from tilescout.aws import batch_writes, objects, parallel, requests
from tilescout.aws.tables import document_table, figures_table, page_table
from tilescout.documents import Document
from tilescout.transitions.decisions import unchanged
from tilescout_cli.console.failures import CommandFailed
from tilescout_cli.documents import lookup, review_rows
from tilescout_cli.stack.target import Stack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

DELETES_PER_SECOND = 300
"""Rows: a partition takes 1,000 write units per second, and an index takes as much again."""

RowKey = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """One version of an upload, or a marker that it was deleted; the time in epoch seconds."""

    id: str
    written_at: int
    is_marker: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredData:
    """Everything that is stored of the object ``key``, in the order in which it is deleted.

    ``objects`` has keys by bucket, ``rows`` the keys of rows by table; ``work`` are the rows that
    lead to the others, and ``documents`` the records that lead to those.
    """

    key: str
    uploads: Sequence[ObjectVersion] = ()
    tiles: Sequence[str] = ()
    answers: Sequence[str] = ()
    shared: Sequence[RowKey] = ()
    results: Sequence[str] = ()
    detections: Sequence[RowKey] = ()
    tile_rows: Sequence[RowKey] = ()
    reviews: Sequence[RowKey] = ()
    work: Sequence[RowKey] = ()
    documents: Sequence[Document] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Returns how many there are of each kind."""
        return {
            "versions": len(self.uploads),
            "tiles": len(self.tiles),
            "answers": len(self.answers),
            "shared answers": len(self.shared),
            "result files": len(self.results),
            "detections": len(self.detections),
            "ledger rows": len(self.tile_rows) + len(self.work),
            "review rows": len(self.reviews),
            "documents": len(self.documents),
        }

    @property
    def is_empty(self) -> bool:
        return not any(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Lists what is stored; ``claims`` has the rows of runs by document, read once for all.

    ``answers_before`` are the keys of answers that may be gone, and which may still be shared.
    """

    stack: Stack
    claims: Mapping[str, Sequence[RowKey]] = field(default_factory=dict)
    answers_before: Sequence[str] = ()

    def of(self, key: str, known: Sequence[Document] = ()) -> StoredData:
        """Returns all that is stored of the object and of its ``known`` documents."""
        documents = self._documents(key, known)
        ids = sorted({each.id for each in (*documents, *known)})
        results = [name for id in ids for name in self._names("results", f"results/{id}-")]
        tiles = [name for id in ids for name in self._names("tiles", keys.tile_images(id))]
        answers = [name for id in ids for name in self._names("tiles", keys.answers(id))]
        sets = {part for each in (*documents, *known) for part in self._result_sets(each)}
        sets |= {name.split("/")[1] for name in results}
        return StoredData(
            key=key,
            uploads=list(uploads(self.stack, key)),
            tiles=tiles,
            answers=answers,
            shared=shared_by(self.stack, ids, [*answers, *self.answers_before]),
            results=results,
            detections=[row for each in sorted(sets) for row in self._detections(each)],
            tile_rows=[row for id in ids for row in self._tile_rows(id, [*tiles, *answers])],
            reviews=self._ledger_rows(review_rows.partition(self._source(key))),
            work=[
                *(row for id in ids for row in self._work(id)),
                *self._figures({each.id: each for each in (*documents, *known)}.values()),
            ],
            documents=documents,
        )

    def _documents(self, key: str, known: Sequence[Document]) -> list[Document]:
        """Returns the records as consistent reads show them, for the index may lag behind."""
        ids = {each.id: None for each in (*lookup.by_key(self.stack, key), *known)}
        read = (document_table.get(self.stack.documents, id) for id in ids)
        return [each for each in read if each is not None]

    def _source(self, key: str) -> str:
        return keys.source_key(self.stack.documents_bucket, key)

    def _names(self, bucket: str, prefix: str) -> list[str]:
        stack = self.stack
        name = stack.results_bucket if bucket == "results" else stack.tiles_bucket
        return list(objects.names(stack.clients.s3, name, prefix))

    def _result_sets(self, document: Document) -> set[str]:
        current = keys.result_id(document.id, document.claim_token)
        begun = page_table.result_sets(self.stack.ledger, document.id)
        return {*begun, current, document.result_id, document.replaced} - {""}

    def _detections(self, result: str) -> Iterator[RowKey]:
        condition = Key("result_id").eq(result)
        for row in requests.rows(self.stack.detections, condition, ConsistentRead=True):
            yield {"result_id": row["result_id"], "sort": row["sort"]}

    def _tile_rows(self, document_id: str, names: Iterable[str]) -> list[RowKey]:
        partitions = sorted(self._tile_partitions(document_id, names))
        found = parallel.in_order(self._ledger_rows, partitions)
        return [row for rows in found for row in rows]

    def _tile_partitions(self, document_id: str, names: Iterable[str]) -> set[str]:
        """Returns those that pages and bands name, and those of images that came to no band."""
        ledger = self.stack.ledger
        known = {(page.page, band) for page in page_table.pages(ledger, document_id)
                 for band in page.bands}  # fmt: skip
        known |= {(band.page, band.band) for band in page_table.bands(ledger, document_id)}
        known |= {tile for name in names if document_id in name for tile in _tile_of(name)}
        return {keys.tile_partition(document_id, page, band) for page, band in known}

    def _work(self, document_id: str) -> list[RowKey]:
        own = self._ledger_rows(keys.document_partition(document_id))
        return [*own, *self.claims.get(document_id, ())]

    def _figures(self, documents: Iterable[Document]) -> Iterator[RowKey]:
        for each in documents:
            key = figures_table.row_key(each.profile.name, each.accepted_at, each.id)
            if "Item" in self.stack.ledger.get_item(Key=key, ConsistentRead=True):
                yield dict(key)

    def _ledger_rows(self, partition: str) -> list[RowKey]:
        rows = requests.rows_of(self.stack.ledger, partition)
        return [{"pk": row["pk"], "sk": row["sk"]} for row in rows]


def _tile_of(name: str) -> Iterator[tuple[int, int]]:
    """Yields page and band of the image or answer of a tile, and nothing for a page's layer."""
    _, _, page, *_, last = name.split("/")
    tile = last.partition("-")[0]
    if tile.isdigit():
        yield int(page), keys.band_of(int(tile))


def uploads(stack: Stack, key: str) -> Iterator[ObjectVersion]:
    """Yields every version of the object, and every marker of a deletion."""
    for version in _versions(stack, key):
        if version["Key"] == key:
            yield ObjectVersion(
                version["VersionId"],
                int(version["LastModified"].timestamp()),
                "ETag" not in version,
            )


def keys_under(stack: Stack, prefix: str) -> set[str]:
    """Returns the keys of all objects under the prefix, deleted ones too."""
    return {version["Key"] for version in _versions(stack, prefix)}


def _versions(stack: Stack, prefix: str) -> Iterator[Any]:
    pages = stack.clients.s3.get_paginator("list_object_versions")
    for page in pages.paginate(Bucket=stack.documents_bucket, Prefix=prefix):
        yield from page.get("Versions", [])
        yield from page.get("DeleteMarkers", [])


def shared_by(stack: Stack, ids: Sequence[str], answers: Iterable[str]) -> list[RowKey]:
    """Returns the keys of the rows by which other documents find these documents' answers."""

    def own(name: str) -> RowKey | None:
        key: RowKey = keys.shared_answer(name)
        row = stack.ledger.get_item(Key=key, ConsistentRead=True).get("Item", {})
        return key if row.get("document_id") in ids else None

    found = parallel.in_order(own, sorted({*map(keys.shared_name, answers)} - {""}))
    return [key for key in found if key]


def claims_of_runs(stack: Stack, opened_after: int) -> dict[str, list[RowKey]]:
    """Returns the keys of the rows in which newer runs name their documents, by document."""
    found: dict[str, list[RowKey]] = {}
    for run in lookup.runs(stack):
        if run["opened_at"] >= opened_after:
            for row in requests.rows_of(stack.ledger, keys.run_partition(run["id"])):
                found.setdefault(row["sk"], []).append({"pk": row["pk"], "sk": row["sk"]})
    return found


def delete(stack: Stack, stored: StoredData) -> None:
    """Deletes all of it, what leads to the rest last, so that it can be repeated after a crash.

    Raises CommandFailed where S3 refuses to delete a version.
    """
    versions = [{"Key": stored.key, "VersionId": each.id} for each in stored.uploads]
    _delete_objects(stack, stack.documents_bucket, versions)
    # Before the answers, whose names tell of them.
    _delete_rows(stack.ledger, stored.shared)
    images = [{"Key": name} for name in (*stored.tiles, *stored.answers)]
    _delete_objects(stack, stack.tiles_bucket, images)
    _delete_objects(stack, stack.results_bucket, [{"Key": name} for name in stored.results])
    _delete_rows(stack.detections, stored.detections)
    _delete_rows(stack.ledger, [*stored.tile_rows, *stored.reviews, *stored.work])
    for document in stored.documents:
        document_table.forget(stack.documents, document.id, unchanged(document))


def _delete_rows(table: Table, rows: Sequence[RowKey]) -> None:
    deletes = (batch_writes.delete(row) for row in rows)
    batch_writes.write(table, deletes, per_second=DELETES_PER_SECOND)


def _delete_objects(stack: Stack, bucket: str, identifiers: Sequence[dict[str, str]]) -> None:
    for start in range(0, len(identifiers), objects.DELETE_BATCH):
        batch = identifiers[start : start + objects.DELETE_BATCH]
        request: Any = {"Objects": batch, "Quiet": True}
        answer = stack.clients.s3.delete_objects(Bucket=bucket, Delete=request)
        if refused := answer.get("Errors", []):
            named = ", ".join(f"{each.get('Key')} ({each.get('Code')})" for each in refused[:3])
            raise CommandFailed(
                f"{bucket} refused to delete {len(refused)} objects: {named}; lift the lock or "
                "allow s3:DeleteObjectVersion, then run the command again"
            )
