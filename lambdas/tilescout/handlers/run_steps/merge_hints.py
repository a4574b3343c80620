"""Hints for pages of complete documents that are not merged yet."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from tilescout import keys, messages
from tilescout.aws import queues
from tilescout.aws.tables import claim_table, document_table, page_table
from tilescout.documents import Document
from tilescout.handlers.run_steps.context import Edges
from tilescout.messages import MergeHint
from tilescout.runs.merge_pacing import HINTS_PER_TURN
from tilescout.runs.records import Claim, RunState


def open_claims(edges: Edges, state: RunState) -> Iterator[tuple[Claim, Document]]:
    """Claims whose document is still RUNNING under this run; others are marked as ended."""
    for claim in claim_table.claims(edges.ledger, state.id):
        if claim.ended:
            continue
        document = document_table.get(edges.documents, claim.document_id)
        if document and document.status == "RUNNING" and document.claim_token == state.token:
            yield claim, document
        else:
            claim_table.update_claim(edges.ledger, state.id, claim.document_id, {"ended": True})


def _unmerged(edges: Edges, document: Document) -> list[int]:
    result = keys.result_id(document.id, document.claim_token)
    merged = page_table.group(edges.ledger, document.id, keys.merged_groups(result))
    pages = [page for page in document.page_numbers() if page not in merged]
    # All pages merged and not flipped: the last merge died between the two; one hint flips it.
    return pages or [document.last_page]


def send_merge_hints(edges: Edges, state: RunState) -> None:
    """Beside detecting: a bounded number of them."""
    hints = merge_hints(edges, state)
    queues.send(edges.sqs, edges.merges_queue_url, hints[:HINTS_PER_TURN])


def merge_hints(edges: Edges, state: RunState) -> list[MergeHint]:
    """One for each page of a complete document that is not merged yet, in the order to send."""
    unmerged = [
        [
            messages.MergeHint(document_id=document.id, claim_token=state.token, page=page)
            for page in _unmerged(edges, document)
        ]
        for claim, document in open_claims(edges, state)
        if claim.detected
    ]
    return in_turns(unmerged, first=edges.now)


def in_turns(documents: list[list[MergeHint]], *, first: int) -> list[MergeHint]:
    """One of each document in turn, each from another place every time ``first`` is another.

    So pages that can never be merged hold up neither other documents nor pages behind them.
    """
    turned = [hints[first % len(hints) :] + hints[: first % len(hints)] for hints in documents]
    rounds = zip_longest(*turned)
    return [hint for together in rounds for hint in together if hint is not None]
