"""The commands from their arguments to output and exit code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner, Result

from tests.unit.tilescout.rendering.pdf_files import blank_page, save
from tests.unit.tilescout_cli.cli_stack import (
    add,
    add_result,
    add_run,
    deployed_stack,
    document,
    tag,
)
from tilescout.runs.records import Run
from tilescout_cli.app import app
from tilescout_cli.stack import paths
from tilescout_cli.stack.target import Stack

SCHEMA = Path(__file__).parents[3] / "docs" / "detections.schema.json"


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with deployed_stack(monkeypatch) as deployed:
        yield deployed


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "80", "TERM": "dumb"}).invoke(app, list(arguments))


def failure(*arguments: str) -> tuple[int, str]:
    """Exit code and what standard error says; nothing on standard output, no traceback."""
    result = run(*arguments)
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return result.exit_code, result.stderr


def answer(*arguments: str) -> Any:
    """The JSON on standard output of a command that succeeds."""
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_an_unknown_option_ends_with_2() -> None:
    assert run("status", "--nonsense").exit_code == 2


def test_local_and_stack_exclude_each_other() -> None:
    code, text = failure("status", "--local", "--stack", "Other")
    assert (code, text.startswith("tilescout: --local and --stack exclude each other")) == (2, True)


def test_detect_refuses_files_that_are_no_pdf_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "notes.pdf").write_text("hello")
    code, text = failure("detect", "--local", str(tmp_path / "notes.pdf"))
    assert code == 2
    assert "notes.pdf does not begin with %PDF-" in text


def test_detect_refuses_an_unknown_profile(tmp_path: Path) -> None:
    code, text = failure("detect", "--profile", "nope", str(save(blank_page()[0], tmp_path)))
    assert (code, "there is no profile 'nope' in cdk.json" in text) == (2, True)


def test_local_without_an_embedded_aws_ends_with_3_and_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TILESCOUT_HOME", str(tmp_path))
    code, text = failure("status", "--local")
    assert (code, "start one with `tilescout local up`" in text) == (3, True)


def test_a_stack_that_is_not_there_ends_with_3_and_the_remedy(stack: Stack) -> None:
    code, text = failure("status", "--stack", "Nope")
    assert code == 3
    assert "there is no stack Nope in us-east-1; deploy it with `make deploy`" in text


def test_no_region_ends_with_3_and_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    code, text = failure("status")
    assert (code, "set AWS_REGION, or work without AWS with --local" in text) == (3, True)


def test_status_lists_documents_and_runs(stack: Stack) -> None:
    add(stack, document(1), document(2, status="QUEUED", result_id=""))
    run_row = Run(
        id="run#1", model="textract", execution="x", token=1, status="CLOSED", opened_at=5
    )
    add_run(stack, run_row)
    shown = run("status").stdout
    assert "plan.pdf" in shown
    assert "QUEUED" in shown
    found = answer("status")
    assert [each["status"] for each in found["documents"]] == ["QUEUED", "DONE"]
    assert [each["model"] for each in found["runs"]] == ["textract"]


def test_status_of_one_document_tells_the_reason(stack: Stack) -> None:
    add(stack, document(1, status="REJECTED", result_id="", reason="the file is empty"))
    assert "the file is empty" in run("status", "plan.pdf").stdout
    assert answer("status", "plan.pdf")["profile"] == "text"


def test_results_are_found_by_text_over_all_documents(stack: Stack) -> None:
    one = document()
    add(stack, one)
    add_result(stack, one, tag("FV-1023"), tag("P-7"))
    (row,) = answer("results", "--text", "fv-1023")
    assert (row["text"], row["box_pt"], row["id"]) == (
        "FV-1023", [50, 100, 70, 110], "00001#000000",
    )  # fmt: skip
    assert "label_shard" not in row
    assert run("results", "--label", "instrument", "--count").stdout == "2\n"
    assert "FV-1023" in run("results", one.id).stdout


def test_a_text_with_escape_sequences_never_reaches_the_terminal(stack: Stack) -> None:
    one = document()
    add(stack, one)
    add_result(stack, one, tag("FV-\x1b[2Jx"))
    shown = run("results", "--label", "instrument").stdout
    assert "\x1b" not in shown
    assert "FV-�[2Jx" in shown


def test_long_results_are_cut_at_30_rows_with_the_way_to_the_rest(stack: Stack) -> None:
    one = document()
    add(stack, one)
    add_result(stack, one, *(tag(f"FV-{number:03d}") for number in range(40)))
    shown = run("results", one.key).stdout
    assert shown.count("FV-") == 30
    assert "and 10 more, see --json or `tilescout export`" in shown
    assert max(len(line) for line in shown.splitlines()) <= 80


def test_results_of_a_document_that_has_not_ended_say_where_it_stands(stack: Stack) -> None:
    add(stack, document(1, status="QUEUED", result_id=""))
    code, text = failure("results", "plan.pdf")
    assert (code, "has no result yet, it is QUEUED" in text) == (2, True)


def test_exported_json_is_the_stored_file_and_follows_the_schema(stack: Stack) -> None:
    one = document()
    add(stack, one)
    add_result(stack, one, tag("FV-1023"))
    exported = json.loads(run("export", one.id).stdout)
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(exported, schema)
    assert exported["detections"][0]["text"] == "FV-1023"


def test_the_export_of_all_documents_is_one_object_a_line(stack: Stack) -> None:
    for number in (1, 2):
        one = document(number)
        add(stack, one)
        add_result(stack, one, tag(f"FV-{number}"))
    add(stack, document(3, status="QUEUED", result_id=""))
    lines = run("export").stdout.splitlines()
    assert [json.loads(line)["detections"][0]["text"] for line in lines] == ["FV-2", "FV-1"]


def test_a_csv_export_goes_to_a_file(stack: Stack, tmp_path: Path) -> None:
    one = document()
    add(stack, one)
    add_result(stack, one, tag("=1+1"))
    out = tmp_path / "all.csv"
    result = run("export", "--format", "csv", "--out", str(out))
    assert (result.exit_code, result.stdout) == (0, "")
    assert ",instrument,'=1+1,90.0," in out.read_text()


def test_export_without_any_result_ends_with_2(stack: Stack) -> None:
    assert failure("export")[0] == 2


def test_upload_puts_the_file_under_its_profile_with_its_pages(
    stack: Stack, tmp_path: Path
) -> None:
    pdf = save(blank_page()[0], tmp_path)
    (done,) = answer("upload", str(pdf), "--profile", "text", "--pages", "1-3")
    head = stack.clients.s3.head_object(Bucket="documents-bucket", Key=done["key"])
    assert done["key"].startswith("incoming/text/")
    assert head["Metadata"] == {"profile": "text", "pages": "1-3"}


def test_start_starts_a_run_for_each_model_in_the_queue(stack: Stack) -> None:
    add(stack, document(1), document(2, status="QUEUED", result_id=""))
    (started,) = answer("start")
    execution = stack.clients.step_functions.describe_execution(executionArn=started["execution"])
    assert json.loads(execution["input"]) == {
        "model": "textract",
        "reason": "start",
        "at_once": True,
    }


def test_start_with_an_empty_queue_starts_nothing(stack: Stack) -> None:
    assert answer("start") == []


def test_plan_tells_tiles_calls_and_dollars_without_aws(tmp_path: Path) -> None:
    document_, page = blank_page(600, 400)
    page.insert_text((50, 50), "PUMP", fontsize=6)
    (found,) = answer("plan", str(save(document_, tmp_path)), "--profile", "text")
    assert (found["tiles"], found["calls"], found["smallest_text_px"]) == (1, [1, 1], 16.7)
    assert found["pages"] == [
        {"page": 1, "width_px": 1667, "height_px": 1112, "dpi": 200, "tiles": 1, "coarse_tiles": 0}
    ]
    assert found["warnings"] == []


def test_plan_tells_when_and_where_its_prices_hold(tmp_path: Path) -> None:
    shown = run("plan", str(save(blank_page()[0], tmp_path)), "--profile", "text").stdout
    assert "of 2026-11, us-east-1" in shown


def test_plan_of_pages_that_are_not_there_ends_with_1(tmp_path: Path) -> None:
    result = run("plan", str(save(blank_page()[0], tmp_path)), "--pages", "7-9")
    assert result.exit_code == 1
    assert "would be rejected: pages asked for must exist" in result.stdout


def test_sample_writes_its_drawings_where_asked(tmp_path: Path) -> None:
    written = answer("sample", str(tmp_path / "samples"))
    assert [Path(path).name for path in written] == ["sample_a0.pdf", "sample_set.pdf"]
    assert all(Path(path).read_bytes().startswith(b"%PDF-") for path in written)


def test_the_home_of_the_embedded_aws_can_be_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TILESCOUT_HOME", str(tmp_path))
    assert paths.embedded_home() == tmp_path
    assert answer("local", "status") == {"running": False, "home": str(tmp_path)}
