"""Commands take results as they are after their review: in folders and in a stack."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from typer.testing import CliRunner

from tests.unit.tilescout_cli import cli_stack
from tests.unit.tilescout_viewer.result_folders import detection, write_drawing, write_result
from tilescout_cli.app import app
from tilescout_cli.commands.export import FormatName
from tilescout_cli.documents.review_rows import ReviewRows
from tilescout_cli.documents.stack_documents import StackDocuments
from tilescout_cli.stack.target import Stack
from tilescout_exports.registry import FORMATS
from tilescout_reviews.corrections import Correction, ReviewConflict
from tilescout_reviews.review import Author, Review
from tilescout_reviews.review_file import ReviewFile
from tilescout_reviews.reviewed_detections import correction_id, finding
from tilescout_viewer.sources import SourceError

ANN = Author(name="ann", now=lambda: 100)
RESULT = f"{'0123456789abcdef' * 2}-000001"


def correction(row: dict[str, Any], **changes: Any) -> Correction:
    found = finding(RESULT, row)
    whole = Correction(
        id=correction_id(RESULT, row["id"]), page=row["page"], verdict="accepted",
        label=found.label, text=found.text, box=found.box, finding=found,
    )  # fmt: skip
    return replace(whole, **changes)


@pytest.fixture
def reviewed_folder(tmp_path: Path) -> Path:
    """One rejected, one retyped, one accepted, one drawn, one that nobody reviewed."""
    rows = [
        detection(n, box_pt=(40 + 40 * n, 60, 64 + 40 * n, 84), text=f"FV-{n}") for n in range(4)
    ]
    folder = write_result(tmp_path / "out", rows)
    drawn = Correction(
        id="drawn-1", page=2, verdict="accepted", label="pump", text="", box=(10, 10, 40, 40)
    )
    Review(ReviewFile(folder / "review.jsonl")).edit(
        [
            correction(rows[0], verdict="rejected"),
            correction(rows[1], text="FV-100"),
            correction(rows[2]),
            drawn,
        ],
        "group",
        ANN,
    )
    return folder


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, env={"XDG_CACHE_HOME": ""})
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_the_formats_of_the_command_are_those_of_the_exports() -> None:
    assert set(get_args(FormatName)) == set(FORMATS)


def test_a_folder_is_exported_after_its_review(reviewed_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "all.json"
    run("export", str(reviewed_folder), "--out", str(out))
    rows = json.loads(out.read_text())["detections"]
    assert [(row["text"], row.get("review", {}).get("state", "")) for row in rows] == [
        ("FV-100", "corrected"),
        ("FV-2", "accepted"),
        ("FV-3", ""),
        ("", "added"),
    ]


def test_an_export_of_folders_needs_a_place(reviewed_folder: Path) -> None:
    result = CliRunner().invoke(app, ["export", str(reviewed_folder), "--format", "xlsx"])
    assert result.exit_code == 2
    assert "name it with --out" in result.output


def test_the_review_is_ground_truth(reviewed_folder: Path) -> None:
    name = f"review:{reviewed_folder}"
    told = run("evaluate", "snippets", str(reviewed_folder), "--truth", name, "--json")
    figures = json.loads(told[told.index("{") :])["figures"]
    # Of four tags found one was rejected and one retyped.
    assert figures["precision"] == 0.5


def test_a_data_set_is_built_of_a_review(reviewed_folder: Path, tmp_path: Path) -> None:
    run(
        "dataset", "build", f"review:{reviewed_folder}", "--profile", "symbols",
        "--out", str(tmp_path / "set"), "--anyway",
    )  # fmt: skip
    built = list((tmp_path / "set").rglob("*.json"))
    labels = {
        each["name"]
        for path in built
        for each in json.loads(path.read_text()).get("categories", [])
    }
    assert labels == {"pump", "tag"}


class TestInAStack:
    """The same with rows of DynamoDB."""

    @pytest.fixture
    def stack(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
        with cli_stack.deployed_stack(monkeypatch) as found:
            one = cli_stack.document()
            cli_stack.add(found, one)
            tags = [cli_stack.tag(f"FV-{n}", left=100 + 100 * n) for n in range(3)]
            cli_stack.add_result(found, one, *tags)
            yield found

    def reviewed(self, stack: Stack) -> None:
        """The first is rejected, the second retyped, one is drawn."""
        documents = StackDocuments(stack, Path("unused"))
        (one,) = documents.documents()
        result = documents.result(one.id)
        first, second, _ = result.detections
        review = Review(documents.review_log(one.id))
        made = [
            replace(correction(row), id=correction_id(result.id, row["id"]),
                    finding=finding(result.id, row))
            for row in (first, second)
        ]  # fmt: skip
        drawn = Correction(
            id="drawn-1", page=1, verdict="accepted", label="instrument", text="FV-9",
            box=(10, 10, 40, 40),
        )  # fmt: skip
        edits = [replace(made[0], verdict="rejected"), replace(made[1], text="FV-8"), drawn]
        review.edit(edits, "group", ANN)

    def test_results_of_a_document_are_those_after_the_review(self, stack: Stack) -> None:
        self.reviewed(stack)
        shown = json.loads(run("results", cli_stack.document().id, "--json"))
        assert [(row["text"], row["id"]) for row in shown] == [
            ("FV-8", "00001#000001"),
            ("FV-2", "00001#000002"),
            ("FV-9", "00001#000003"),
        ]
        assert shown[0]["review"]["by"] == "ann"

    def test_results_of_all_documents_leave_out_the_rejected(self, stack: Stack) -> None:
        self.reviewed(stack)
        shown = json.loads(run("results", "--label", "instrument", "--json"))
        assert [row["text"] for row in shown] == ["FV-8", "FV-2"]

    def test_the_export_takes_the_review(self, stack: Stack) -> None:
        self.reviewed(stack)
        exported = json.loads(run("export"))
        assert [row["text"] for row in exported["detections"]] == ["FV-8", "FV-2", "FV-9"]

    def test_a_new_run_keeps_the_review(self, stack: Stack) -> None:
        self.reviewed(stack)
        again = replace(cli_stack.document(), result_id=f"{1:032x}-000002", claim_token=2)
        cli_stack.replace(stack, again)
        cli_stack.add_result(stack, again, *[cli_stack.tag("FV-1", left=200)])
        exported = json.loads(run("export"))["detections"]
        assert [(row["text"], row["review"].get("difference", "")) for row in exported] == [
            ("FV-8", ""),
            ("FV-9", ""),
        ]

    def test_a_change_is_added_under_the_next_number_only(self, stack: Stack) -> None:
        mine, theirs = (Review(ReviewRows(stack.ledger, "bucket/key")) for _ in range(2))
        row = detection(0, box_pt=(1, 2, 3, 4), text="FV-1")
        mine.edit([correction(row, text="FV-2")], "g1", ANN)
        with pytest.raises(ReviewConflict, match="ann"):
            theirs.edit([correction(row, text="FV-3")], "g2", replace(ANN, name="bob"))
        assert [change.by for change in theirs.changes()] == ["ann"]
        taken = theirs.changes()[0]
        assert ReviewRows(stack.ledger, "bucket/key").append(taken) is False

    def test_reviews_of_different_objects_are_apart(self, stack: Stack) -> None:
        row = detection(0, box_pt=(1, 2, 3, 4), text="FV-1")
        Review(ReviewRows(stack.ledger, "bucket/a")).edit([correction(row)], "g1", ANN)
        assert Review(ReviewRows(stack.ledger, "bucket/b")).changes() == ()
        (kept,) = Review(ReviewRows(stack.ledger, "bucket/a")).corrections().values()
        assert (kept.by, kept.at, kept.box) == ("ann", 100, (1, 2, 3, 4))

    def test_the_drawing_is_fetched_once(self, stack: Stack, tmp_path: Path) -> None:
        write_drawing(tmp_path / "plan.pdf")
        body = (tmp_path / "plan.pdf").read_bytes()
        one = cli_stack.document()
        put = stack.clients.s3.put_object(Bucket=one.bucket, Key=one.key, Body=body)
        cli_stack.replace(stack, replace(one, version=put["VersionId"]))
        documents = StackDocuments(stack, tmp_path / "cache")
        assert documents.drawing(one.id).read_bytes() == body
        stack.clients.s3.delete_object(Bucket=one.bucket, Key=one.key, VersionId=put["VersionId"])
        assert documents.drawing(one.id).read_bytes() == body

    def test_a_drawing_that_is_gone_is_told(self, stack: Stack, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match="upload the drawing again"):
            StackDocuments(stack, tmp_path).drawing(cli_stack.document().id)
