"""The decisions of CloseRun: what a run leaves to the next one, and what its record says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from tilescout.ledger import BandRow, TileRow
from tilescout.runs import reservations
from tilescout.runs.history_budget import MAX_CLOSING_TURNS
from tilescout.runs.model_records import ModelCost, measured_rate
from tilescout.runs.pacing import STALLED
from tilescout.runs.records import Claim, HeldRun
from tilescout.transitions.decisions import RunEnd


def requeued(claim: Claim, bands: Sequence[BandRow]) -> Claim:
    """Returns the claim of a document that is queued again, with its answered tiles.

    ``bands`` are those of the document; they are not needed once all of its tiles have ended.
    """
    answered = claim.answered if claim.detected else sum(len(band.answered) for band in bands)
    return replace(claim, answered=answered, requeued=True)


def run_end(held: HeldRun, claim: Claim) -> RunEnd:
    """Returns what the run knows at its end of a document that it queues again."""
    return RunEnd(
        token=held.state.token,
        answered=claim.answered,
        detected=claim.detected,
        without_answer=not held.record.has_answers,
        stalled=held.state.finished in STALLED,
        deferred=held.state.deferred,
        failed=bool(held.error),
    )


def forgivable(held: HeldRun, bands: Sequence[BandRow]) -> list[BandRow]:
    """Returns the bands whose open tiles an outage left behind; none where there was no outage."""
    is_outage = not held.record.has_answers or held.state.finished in STALLED
    if not is_outage or held.state.turns >= MAX_CLOSING_TURNS:
        return []
    return [band for band in bands if not band.is_complete]


def forgiveness(held: HeldRun) -> Callable[[TileRow], TileRow]:
    """Returns what an outage leaves of a tile's row, as it is not the tile's fault.

    Its server errors do not count, and of a run without any answer no attempt does.
    """
    if held.record.has_answers:
        return partial(reservations.relieve, now=held.now)
    return partial(reservations.forgive, token=held.state.token, now=held.now)


def closed_record(held: HeldRun, model: ModelCost) -> dict[str, Any]:
    """Returns the attributes of the run's record at its end; ``model`` is what it paid for it."""
    return {
        "status": "FAILED" if held.error else "CLOSED",
        "closed_at": held.now,
        "documents": len(held.claims),
        "tiles_failed": sum(claim.failed for claim in held.claims),
        "tiles_reused": held.record.tiles_reused,
        "spent_usd": held.record.calls * held.state.price_per_call + model.usd,
        "model_seconds": model.seconds,
        "model_usd": model.usd,
        "reason": held.error or held.state.finished,
        "requeued": sum(claim.requeued for claim in held.claims),
    }


def measured_pace(held: HeldRun) -> dict[str, Any] | None:
    """Returns the tiles per second of one unit since the model was last ready.

    None where the run had no ready model, or saw too little to say.
    """
    state, record = held.state, held.record
    if not state.ready_at:
        return None
    answered = record.tiles_answered - state.answered_before - record.tiles_reused
    rate = measured_rate(answered, record.last_answer_at - state.ready_at, record.units)
    if rate is None:
        return None
    return {"tiles_per_second_per_unit": rate, "measured_at": held.now}
