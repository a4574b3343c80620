"""The tables of a simulated Tilescout, in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tilescout.documents import Document, Source
from tilescout.ledger import PageRow, TileRow
from tilescout.profiles import Profile
from tilescout.runs.lease_rules import Lease
from tilescout.runs.model_records import ModelInUse
from tilescout.runs.records import Claim, Run
from tilescout.transitions import decisions
from tilescout.transitions.status_change import StatusChange

PROJECT = "parts"
VERSION = "arn:aws:rekognition:us-east-1:111122223333:project/parts/version/first/1"


@dataclass(slots=True)
class Store:
    """Documents, tiles, claims, runs, the lease and the model version in use."""

    profile: Profile
    lease: Lease = field(default_factory=lambda: Lease(model=PROJECT))
    known: ModelInUse = field(
        default_factory=lambda: ModelInUse(
            project=PROJECT, project_arn="", version="first", version_arn=VERSION
        )
    )
    documents: dict[str, Document] = field(default_factory=dict)
    tiles: dict[str, list[TileRow]] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    claims: dict[str, dict[str, Claim]] = field(default_factory=dict)

    def accept(self, document_id: str, now: int) -> bool:
        """Returns False where the document is known: a second event of one upload."""
        if document_id in self.documents:
            return False
        source = Source(
            id=document_id,
            bucket="documents",
            key=document_id,
            version="1",
            profile=self.profile,
            accepted_at=now,
        )
        self.documents[document_id] = decisions.accept(source, {"last_page": 1})
        return True

    def queue(self, document_id: str, tiles: int, now: int) -> None:
        """Stores all tiles of a document, which is due from now on."""
        box = (0, 0, self.profile.tile_size, self.profile.tile_size)
        self.tiles[document_id] = [
            TileRow(page=1, tile=tile, box=box, image="tile") for tile in range(tiles)
        ]
        page = PageRow(page=1, tiled=True, tiles=tiles)
        document = self.documents[document_id]
        self.commit_status(decisions.finish_tiling(document, [page], model_in_use=True, now=now))

    def commit_status(self, change: StatusChange) -> None:
        """Writes the change if its condition holds."""
        document = self.documents[change.document_id]
        if change.condition.holds(document):
            self.documents[change.document_id] = change.applied_to(document)

    def update_run(self, run_id: str, **values: Any) -> None:
        self.runs[run_id] = replace(self.runs[run_id], **values)

    def update_claim(self, run_id: str, document_id: str, **values: Any) -> None:
        known = self.claims[run_id]
        known[document_id] = replace(known[document_id], **values)

    def change_tile(
        self, document_id: str, tile: int, decide: Callable[[TileRow], Any]
    ) -> TileRow | None:
        """Stores the row as decided and returns it, or None if the decision was to drop it."""
        decided = decide(self.tiles[document_id][tile])
        if not isinstance(decided, TileRow):
            return None
        self.tiles[document_id][tile] = decided
        return decided

    def due(self) -> Iterator[Document]:
        """Yields QUEUED documents, then those that a dead run left RUNNING; oldest first."""
        for status in ("QUEUED", "RUNNING"):
            found = [each for each in self.documents.values() if each.status == status]
            yield from sorted(found, key=lambda document: document.queued_at)

    def is_claimed(self, document_id: str, token: int) -> bool:
        document = self.documents[document_id]
        return document.status == "RUNNING" and document.claim_token == token

    def open_claims(self, run_id: str, token: int) -> list[tuple[Claim, Document]]:
        return [
            (claim, self.documents[claim.document_id])
            for claim in self.claims[run_id].values()
            if self.is_claimed(claim.document_id, token)
        ]
