"""The end of a document: its result file, then its status. Cleaning up follows."""

from __future__ import annotations

from boto3.dynamodb.conditions import Attr

from tilescout import keys, results
from tilescout.aws.documents import result_file
from tilescout.aws.documents.resources import Resources
from tilescout.aws.tables import document_table, figures_table, page_table
from tilescout.documents import Document
from tilescout.drift.sheet_figures import SheetFigures
from tilescout.transitions import decisions
from tilescout.transitions.status_change import StatusChange


def finish(resources: Resources, document: Document, now: int) -> bool:
    """Writes the result file, then the document's end (rule 20).

    Returns True where this call ended the document. Raises LookupError where the result of a page
    is gone.
    """
    if not _take_finishing(resources, document, now):
        return False
    result = results.ResultSet(
        id=keys.result_id(document.id, document.claim_token), document=document, made_at=now
    )
    pages = page_table.pages(resources.ledger, document.id)
    with result_file.gathered(resources, result.id, document) as (file, totals):
        totals.warnings += results.mixed_versions(totals.model_versions)
        end = decisions.finish(result, totals, pages)
        versions = results.joined(totals.model_versions)
        head = results.document_json(end.applied_to(document), pages, versions)
        result_file.write(resources, result.id, file, head)
    figures_table.write(resources.ledger, _figures(document, totals, versions), now)
    return _commit(resources, end)


def _figures(document: Document, totals: results.Totals, versions: str) -> SheetFigures:
    return SheetFigures(
        document_id=document.id,
        profile=document.profile.name,
        key=document.key,
        version=versions,
        at=document.accepted_at,
        pages=document.pages,
        histograms=totals.histograms,
    )


def _take_finishing(resources: Resources, document: Document, now: int) -> bool:
    """Reserves the finishing for this call; after a crash a later hint takes it over."""
    until = now + 20 + document.pages // 50
    free = Attr("finishing_until").not_exists() | Attr("finishing_until").lte(now)
    mine = document_table.claimed_by(document.claim_token) & free
    return document_table.update(resources.documents, document.id, {"finishing_until": until}, mine)


def _commit(resources: Resources, end: StatusChange) -> bool:
    if document_table.commit_status(resources.documents, end):
        return True
    # The reply to a write that succeeded may have been lost: repeated, it refuses itself.
    written = document_table.get(resources.documents, end.document_id)
    expected = (end.status, end.attributes["result_id"], end.attributes["ended_at"])
    return written is not None and (written.status, written.result_id, written.ended_at) == expected
