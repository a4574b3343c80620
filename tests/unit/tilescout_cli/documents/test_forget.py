"""`tilescout forget`: nothing of a document is left, and of the others everything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner, Result

from tests.unit.tilescout_cli.cli_stack import (
    add,
    add_ledger,
    add_result,
    add_run,
    deployed_stack,
    document,
    tag,
)
from tilescout import keys
from tilescout.aws.detectors.stored_answers import StoredAnswers
from tilescout.aws.tables import document_table, figures_table, page_table
from tilescout.documents import Document
from tilescout.drift.sheet_figures import SheetFigures
from tilescout.ledger import PageRow, TileRow
from tilescout.runs.records import Run
from tilescout_cli.app import app
from tilescout_cli.console import clock
from tilescout_cli.documents.review_rows import ReviewRows
from tilescout_cli.stack.target import Stack
from tilescout_reviews.corrections import Change

BUCKETS = ("documents-bucket", "results-bucket", "tiles-bucket")
TABLES = ("documents", "detections", "ledger")
KEY = "incoming/text/plant-7/plan.pdf"
OTHER = "incoming/text/plant-7/plan.pdf.old"


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with deployed_stack(monkeypatch) as deployed:
        yield deployed


def run(*arguments: str) -> Result:
    result = CliRunner(env={"COLUMNS": "200", "TERM": "dumb"}).invoke(app, list(arguments))
    assert "Traceback" not in result.stderr
    return result


def forget(*arguments: str) -> list[dict[str, Any]]:
    result = run("forget", *arguments, "--yes", "--json")
    assert result.exit_code == 0, result.stderr
    answer: list[dict[str, Any]] = json.loads(result.stdout)
    return answer


def stored(stack: Stack, key: str = KEY, **changed: Any) -> Document:
    """A document with everything that processing and reviewing it leave."""
    put = stack.clients.s3.put_object(Bucket="documents-bucket", Key=key, Body=b"%PDF-")
    id = keys.document_id("documents-bucket", key, put["VersionId"])
    values = {"id": id, "key": key, "version": put["VersionId"], "result_id": f"{id}-000001"}
    made = document(**(values | {"run_id": "run#1"} | changed))
    add(stack, made)
    _ledger(stack, made)
    add_result(stack, made, tag(), tag("P-7"))
    add_result(stack, made, tag(), result=f"{id}-000000")
    add_ledger(stack, id, keys.merged_group_sort(f"{id}-000000", 1), begun={1})
    add_run(stack, Run(id="run#1", model="textract", execution="x", token=1, status="CLOSED",
                       opened_at=clock.now()))  # fmt: skip
    stack.ledger.put_item(Item={"pk": keys.run_partition("run#1"), "sk": id})
    source = keys.source_key("documents-bucket", key)
    change = Change(number=1, kind="edit", group="1", by="me", at=1, steps=())
    ReviewRows(stack.ledger, source).append(change)
    figures_table.write(stack.ledger, _figures(made), clock.now())
    return made


def _figures(made: Document) -> SheetFigures:
    return SheetFigures(
        document_id=made.id,
        profile=made.profile.name,
        key=made.key,
        version="",
        at=made.accepted_at,
        pages=1,
        histograms={},
    )


def _ledger(stack: Stack, made: Document) -> None:
    """One page whose band is known, and an image of a second that nobody wrote down."""
    for page in (1, 2):
        image = keys.tile_image(made.id, page, "g", 300)
        answer = keys.answer_object(made.id, page, 300, "r", f"{made.id}{page}")
        StoredAnswers(stack.ledger, stack.clients.s3, "tiles-bucket").share(made.id, answer, 0)
        for name in (image, answer, keys.layer_object(made.id, page)):
            stack.clients.s3.put_object(Bucket="tiles-bucket", Key=name, Body=b"x")
        row = TileRow(page=page, tile=300, box=(0, 0, 9, 9), image=image)
        page_table.write_tiles(stack.ledger, made.id, page, [row])
    page_table.write_bands(stack.ledger, made.id, 1, [300])
    page_table.mark(stack.ledger, made.id, PageRow(page=1, tiled=True, tiles=1, bands=(1,)))


def everything() -> dict[str, int]:
    """Counts all versions in all buckets and all rows in all tables, however they are named."""
    s3, dynamodb = boto3.client("s3"), boto3.client("dynamodb")
    listed = {name: s3.list_object_versions(Bucket=name) for name in BUCKETS}
    objects = {
        name: len(each.get("Versions", [])) + len(each.get("DeleteMarkers", []))
        for name, each in listed.items()
    }
    return objects | {name: dynamodb.scan(TableName=name)["Count"] for name in TABLES}


def test_nothing_of_a_document_is_left_anywhere(stack: Stack) -> None:
    made = stored(stack)

    (done,) = forget(made.id)

    assert (done["removed"], set(done["left"].values())) == (True, {0})
    # The record of the run remains: it says how many documents there were, and none of them.
    assert everything() == dict.fromkeys((*BUCKETS, *TABLES), 0) | {"documents": 1}


def test_it_counts_what_it_removes(stack: Stack) -> None:
    made = stored(stack)

    (done,) = forget(made.id)

    assert done["found"] == {
        "versions": 1,
        "tiles": 2,
        "answers": 4,
        "shared answers": 2,
        "result files": 2,
        "detections": 3,
        "ledger rows": 8,
        "review rows": 1,
        "documents": 1,
    }


def test_other_objects_keep_everything(stack: Stack) -> None:
    stored(stack, OTHER)
    before = everything()
    made = stored(stack)

    forget(made.id)

    assert everything() == before


def test_an_answer_that_another_document_shares_by_now_stays_shared(stack: Stack) -> None:
    made, other = stored(stack), stored(stack, OTHER)
    name = f"{made.id}1"
    answer = keys.answer_object(other.id, 1, 300, "r", name)
    StoredAnswers(stack.ledger, stack.clients.s3, "tiles-bucket").share(other.id, answer, 0)

    forget(made.id)

    assert stack.ledger.get_item(Key=keys.shared_answer(name))["Item"]["answer"] == answer


def test_all_versions_go_and_the_marks_of_deletions(stack: Stack) -> None:
    made = stored(stack)
    stored(stack)
    stack.clients.s3.delete_object(Bucket="documents-bucket", Key=KEY)

    (done,) = forget(made.id)

    assert (done["found"]["versions"], done["found"]["documents"]) == (3, 2)
    assert everything()["documents-bucket"] == 0


def test_a_prefix_takes_all_objects_under_it(stack: Stack) -> None:
    stored(stack)
    stored(stack, OTHER)
    stored(stack, "incoming/text/plant-8/plan.pdf")

    done = forget("--prefix", "incoming/text/plant-7/")

    assert [each["key"] for each in done] == [KEY, OTHER]
    assert everything()["documents-bucket"] == 1


def test_a_document_whose_object_is_gone_already_is_found_by_its_prefix(stack: Stack) -> None:
    made = stored(stack)
    stack.clients.s3.delete_object(Bucket="documents-bucket", Key=KEY, VersionId=made.version)

    (done,) = forget("--prefix", "incoming/text/plant-7/")

    assert (done["removed"], done["documents"]) == (True, [made.id])


def test_a_dry_run_counts_and_changes_nothing(stack: Stack) -> None:
    made = stored(stack)
    before = everything()

    result = run("forget", made.id, "--dry-run")

    assert (result.exit_code, everything()) == (0, before)
    assert f"{KEY}: would remove 1 versions, 2 tiles, 4 answers, 2 shared answers" in result.stdout


def test_nothing_is_removed_without_a_yes(stack: Stack) -> None:
    made = stored(stack)
    before = everything()

    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["forget", made.id], input="n\n")

    assert (result.exit_code, everything()) == (1, before)
    assert "there is no way back" in result.stderr


@pytest.mark.parametrize("status", ["ACCEPTED", "RUNNING"])
def test_a_document_in_flight_is_left(stack: Stack, status: str) -> None:
    made = stored(stack, status=status)
    before = everything()

    result = run("forget", made.id, "--yes")

    assert (result.exit_code, everything()) == (1, before)
    assert f"left, it is {status}; wait until it has ended" in result.stdout


def test_a_document_whose_end_is_not_cleaned_up_is_left(stack: Stack) -> None:
    made = stored(stack, clean_after=5)

    result = run("forget", made.id, "--yes")

    assert result.exit_code == 1
    assert "is DONE and being cleaned up; try again in 15 minutes" in result.stdout


def test_an_upload_that_is_not_accepted_yet_is_left(stack: Stack) -> None:
    stack.clients.s3.put_object(Bucket="documents-bucket", Key=KEY, Body=b"%PDF-")

    result = run("forget", "--prefix", KEY, "--yes")

    assert result.exit_code == 1
    assert "was uploaded just now and is not accepted yet" in result.stdout


@pytest.mark.parametrize("status", ["QUEUED", "HELD", "PARTIAL"])
def test_a_document_that_nobody_works_on_is_removed(stack: Stack, status: str) -> None:
    made = stored(stack, status=status)

    (done,) = forget(made.id)

    assert done["removed"]
    assert document_table.get(stack.documents, made.id) is None


def test_a_removal_that_broke_off_is_finished_by_another(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = stored(stack)
    with monkeypatch.context() as broken, pytest.raises(ConnectionResetError):
        broken.setattr(document_table, "forget", _broken)
        CliRunner().invoke(app, ["forget", made.id, "--yes"], catch_exceptions=False)

    (done,) = forget(made.id)

    assert (done["removed"], done["found"]["documents"]) == (True, 1)


def _broken(*_: object) -> bool:
    raise ConnectionResetError


def test_a_prefix_outside_the_uploads_is_refused(stack: Stack) -> None:
    result = run("forget", "--prefix", "plant-7/", "--yes")

    assert result.exit_code == 2
    assert "--prefix takes the beginning of keys of uploads" in result.stderr


def test_names_and_a_prefix_exclude_each_other(stack: Stack) -> None:
    assert run("forget", "x", "--prefix", "incoming/", "--yes").exit_code == 2
    assert run("forget").exit_code == 2
