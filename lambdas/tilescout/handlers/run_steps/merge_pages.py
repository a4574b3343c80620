"""MergePages: hints for the pages of complete documents, until every one of them has ended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tilescout import keys
from tilescout.aws import queues
from tilescout.aws.tables import page_table
from tilescout.documents import Document
from tilescout.handlers.run_steps.claims import open_claims
from tilescout.handlers.run_steps.context import StepContext, open_step
from tilescout.handlers.run_steps.survey import survey
from tilescout.messages import MergeHint
from tilescout.runs import merge_pacing
from tilescout.runs.merge_pacing import in_turns
from tilescout.runs.records import HeldRun, RunState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def merge_pages(context: StepContext) -> RunState:
    """Sends the hints of one turn, and returns the state of the run.

    Its ``next`` is CloseRun once all is merged, nothing moves any more, or no turn is left.
    """
    # A worker may have committed after the last look; its document is complete only now.
    documents, ledger = context.documents, context.ledger
    held, _ = survey(documents, ledger, open_step(context), fails=False)
    state, now = context.state, context.now
    hints = merge_hints(documents, ledger, held)
    since = state.merging_since if len(hints) == state.unmerged else now
    turn = merge_pacing.next_turn(
        len(hints),
        turns=state.turns,
        idle=now - since,
        seconds_left=held.lease.hard_deadline - now,
    )
    queues.send(context.sqs, context.merges_queue_url, hints[: turn.hints])
    return replace(
        state,
        next="CloseRun" if turn.ends else "",
        wait_seconds=turn.wait_seconds,
        merging_since=since,
        unmerged=len(hints),
    )


def merge_hints(documents: Table, ledger: Table, held: HeldRun) -> list[MergeHint]:
    """Returns one hint for each unmerged page of a complete document, in the order to send."""
    unmerged = [
        _unmerged(ledger, document)
        for claim, document in open_claims(documents, ledger, held)
        if claim.detected
    ]
    return in_turns(unmerged, first=held.now)


def _unmerged(ledger: Table, document: Document) -> list[MergeHint]:
    result = keys.result_id(document.id, document.claim_token)
    merged = page_table.group(ledger, document.id, keys.merged_groups(result))
    pages = [page for page in document.page_numbers() if page not in merged]
    # All pages merged and not finished: the last merge died between the two; one hint finishes it.
    return [
        MergeHint(document_id=document.id, claim_token=document.claim_token, page=page)
        for page in pages or [document.last_page]
    ]
