"""The part of a run that sees and claims, in the order of run_steps/claims.py and survey.py."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.simulation.tilescout_system.store import Store
from tilescout.ledger import TileRow
from tilescout.runs import reservations
from tilescout.runs.pacing import Progress
from tilescout.runs.records import Claim, RunState, fits, is_start_worth, open_tiles
from tilescout.transitions import decisions


def is_work_due(store: Store, now: int, *, besides: int | None = None) -> bool:
    due = [each for each in store.due() if each.claim_token != besides]
    return is_start_worth(due, now) or any(not open_tiles(each) for each in due)


def claim_due(store: Store, state: RunState, now: int) -> None:
    claims = store.claims[state.id]
    for document in list(store.due()):
        if document.id in claims or document.claim_token == state.token:
            continue
        if not fits(document, list(claims.values()), store.runs[state.id].calls_left, 1):
            break
        claims[document.id] = Claim(
            document_id=document.id, claimed_at=now, tiles=open_tiles(document)
        )
        store.commit_status(decisions.claim(document.id, state.token, state.id))


def claimed_tiles(store: Store, state: RunState) -> int:
    return sum(claim.tiles for claim in store.claims[state.id].values() if not claim.detected)


@dataclass(slots=True)
class Survey:
    """Counts of the run's tiles. ``since`` are those to send, by the time from which they wait."""

    has_answers: bool = False
    answered: int = 0
    failed: int = 0
    reserved: int = 0
    stuck: int = 0
    since: dict[tuple[str, int], int] = field(default_factory=dict)

    @property
    def sendable(self) -> list[tuple[str, int]]:
        return sorted(self.since, key=self.since.__getitem__)

    def progress(self, attempts: int) -> Progress:
        return Progress(
            answered=self.answered,
            failed=self.failed,
            reserved=self.reserved,
            sendable=len(self.since),
            stuck=self.stuck,
            attempts=attempts,
        )


def survey(store: Store, state: RunState, now: int, *, has_answers: bool) -> Survey:
    """Counts, and gives up tiles that have failed."""
    seen = Survey(has_answers=has_answers)
    for claim in list(store.claims[state.id].values()):
        if claim.detected:
            seen.answered += claim.answered
            seen.failed += claim.failed
            continue
        for row in list(store.tiles[claim.document_id]):
            _count(store, state, now, claim.document_id, row, seen)
        _mark_detected(store, state, claim)
    return seen


def _mark_detected(store: Store, state: RunState, claim: Claim) -> None:
    rows = store.tiles[claim.document_id]
    answered = sum(row.state == "answered" for row in rows)
    failed = sum(row.state == "failed" for row in rows)
    if answered + failed == len(rows):
        store.update_claim(
            state.id, claim.document_id, detected=True, answered=answered, failed=failed
        )


def _count(
    store: Store, state: RunState, now: int, document_id: str, row: TileRow, seen: Survey
) -> None:
    others = seen.has_answers
    standing = reservations.tile_standing(row, state.token, now, run_has_answers=others)
    if standing == "ended":
        seen.answered += row.state == "answered"
        seen.failed += row.state == "failed"
    elif standing == "failed":
        store.change_tile(
            document_id,
            row.tile,
            lambda read: reservations.fail(read, state.token, now, run_has_answers=others),
        )
        seen.reserved += 1
    elif standing == "sendable":
        seen.since[document_id, row.tile] = reservations.sendable_since(row)
    else:
        seen.reserved += standing == "reserved"
        seen.stuck += standing == "stuck"
