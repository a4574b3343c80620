"""A run with a model, its start and a document of it, as the functions write them."""

from __future__ import annotations

from typing import Any

from tests.unit.tilescout_cli import cli_models
from tests.unit.tilescout_cli.cli_models import MODEL_PROFILE, NOW, PROJECT, arn
from tests.unit.tilescout_cli.cli_stack import add_run, document
from tilescout.aws.tables import model_table
from tilescout.documents import Document
from tilescout.runs.model_records import ModelStart
from tilescout.runs.records import Run
from tilescout_cli.runs import progress
from tilescout_cli.runs.progress import DocumentProgress, Totals
from tilescout_cli.stack.target import Stack

RUN_ID = "run#000007#noon"


def run_row(**changed: Any) -> Run:
    values: dict[str, Any] = {
        "id": RUN_ID,
        "model": PROJECT,
        "execution": "arn:aws:states:us-east-1:123456789012:execution:run:noon",
        "token": 7,
        "status": "OPEN",
        "opened_at": NOW - 1260,
        "model_version": arn("v1"),
        "units": 2,
    }
    return Run(**values | changed)


def start_row(**changed: Any) -> ModelStart:
    values: dict[str, Any] = {
        "project": PROJECT,
        "version_arn": arn("v1"),
        "units": 2,
        "requested_at": NOW - 1200,
        "run_id": RUN_ID,
    }
    return ModelStart(**values | changed)


def of_model(**changed: Any) -> Document:
    values: dict[str, Any] = {"profile": MODEL_PROFILE, "run_id": RUN_ID, "claim_token": 7}
    return document(**values | changed)


def totals(stack: Stack, *documents: Document) -> Totals:
    return progress.totals(stack, [_seen_in_its_run(each) for each in documents])


def _seen_in_its_run(document: Document) -> DocumentProgress:
    return DocumentProgress(document=document, run_ids=frozenset({document.run_id}), tiles=9)


def running(stack: Stack, **start: Any) -> None:
    """Our v1 is up, and the run that started it works."""
    cli_models.lease(stack, owner="x", expires_at=NOW + 150, phase="working")
    model_table.add_start(stack.ledger, start_row(**start))
    add_run(stack, run_row())
