"""`tilescout onnx check` and `onnx promote`: a file is checked, stored, and activated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner, Result

from tests.unit.tilescout_cli import cli_models
from tests.unit.tilescout_cli.cli_models import NOW, Time
from tests.unit.tilescout_cli.cli_stack import add, deployed_stack, document
from tilescout import keys
from tilescout.aws.tables import document_table, model_table
from tilescout.profiles import Profile
from tilescout.runs.model_records import ModelInUse
from tilescout_cli.app import app
from tilescout_cli.console.failures import TargetUnreachable
from tilescout_cli.promotion import onnx
from tilescout_cli.stack import paths
from tilescout_cli.stack.target import Stack
from tilescout_local.engines.symbol_detector import SAMPLE_MODEL

PROJECT = "plant"
SERVED: dict[str, Any] = {
    "detector": "onnx",
    "model_project": PROJECT,
    "dpi": 150,
    "tile_size": 128,
    "overlap": 16,
    "default": True,
}
SAMPLE = str(SAMPLE_MODEL)


@pytest.fixture
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Of the nearest cdk.json, which is written when the command runs."""
    return {"served": dict(SERVED)}


@pytest.fixture
def stack(
    tmp_path: Path, profiles: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stack]:
    def configuration() -> Path:
        path = tmp_path / "cdk.json"
        path.write_text(json.dumps({"context": {"tilescout": {"profiles": profiles}}}))
        return path

    monkeypatch.setattr(paths, "configuration", configuration)
    with deployed_stack(monkeypatch) as deployed:
        yield deployed


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return cli_models.turned(monkeypatch)


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "100", "TERM": "dumb"}).invoke(app, list(arguments))


def said(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def refusal(*arguments: str) -> str:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr


def in_use(stack: Stack) -> ModelInUse | None:
    return model_table.in_use(stack.ledger, PROJECT)


def stored() -> list[str]:
    listed = boto3.client("s3").list_objects_v2(Bucket="models-bucket").get("Contents", [])
    return [found["Key"] for found in listed]


def waiting(stack: Stack) -> str:
    profile = Profile(
        name="served", detector="onnx", dpi=150, tile_size=128, overlap=16, model_project=PROJECT
    )
    one = document(status="WAITING_FOR_MODEL", profile=profile, result_id="")
    add(stack, one)
    return one.id


def test_a_file_is_stored_by_its_content_and_activated(stack: Stack) -> None:
    text = said("onnx", "promote", SAMPLE, "--name", "v1")
    assert "plant: version v1 is active\n" in text
    assert "centres, 7 labels (control-valve, fire-alarm, gate-valve, light, pump, " in text
    used = in_use(stack)
    assert used is not None
    assert (used.version, used.used_since) == ("v1", NOW)
    assert sorted(stored()) == [f"{used.version_arn}.json", f"{used.version_arn}.onnx"]
    body = boto3.client("s3").get_object(Bucket="models-bucket", Key=f"{used.version_arn}.onnx")[
        "Body"
    ]
    assert body.read() == SAMPLE_MODEL.read_bytes()


def test_documents_that_waited_are_queued(stack: Stack) -> None:
    one = waiting(stack)
    text = said("onnx", "promote", SAMPLE)
    assert "1 document queued; `tilescout start --model plant --stack Tilescout`" in text
    after = document_table.get(stack.documents, one)
    assert after is not None
    assert after.status == "QUEUED"


def test_the_same_file_again_changes_nothing(stack: Stack) -> None:
    said("onnx", "promote", SAMPLE)
    before = in_use(stack)
    said("onnx", "promote", SAMPLE)
    assert in_use(stack) == before
    assert len(stored()) == 2


def test_other_labels_are_another_version(stack: Stack) -> None:
    said("onnx", "promote", SAMPLE)
    text = said("onnx", "promote", SAMPLE, "--labels", "a,b,c,d,e,f,g")
    assert "7 labels (a, b, c, d, e, f, g)" in text
    assert len(stored()) == 4


def test_as_many_labels_as_coco_has_are_no_file_s_name(stack: Stack) -> None:
    text = refusal(
        "onnx", "promote", SAMPLE, "--labels", ",".join(f"label {number}" for number in range(80))
    )
    assert "the model has 7 and 80 are given; correct --labels" in " ".join(text.split())


def test_a_version_of_before_is_activated_by_its_name(stack: Stack) -> None:
    said("onnx", "promote", SAMPLE, "--name", "v1")
    first = in_use(stack)
    said("onnx", "promote", SAMPLE, "--name", "v2")
    assert said("model", "use", "v1", "--project", PROJECT) == (
        "plant: version v1 is active instead of v2\n"
    )
    again = in_use(stack)
    assert first is not None
    assert again is not None
    assert again.version_arn == first.version_arn


def test_a_name_that_is_no_version_is_refused(stack: Stack) -> None:
    said("onnx", "promote", SAMPLE, "--name", "v1")
    assert "there is no version 'v3' of plant: it has v1" in refusal(
        "model", "use", "v3", "--project", PROJECT
    )


def test_check_uses_nothing(stack: Stack) -> None:
    assert said("onnx", "check", SAMPLE).startswith("it can be used: centres, 7 labels (")
    assert (in_use(stack), stored()) == (None, [])


def test_json_tells_the_record_and_the_model(stack: Stack) -> None:
    found = json.loads(said("onnx", "promote", SAMPLE, "--json"))
    assert found["in_use"]["project"] == PROJECT
    assert found["layout"] == "centres"
    assert found["queued"] == 0
    assert found["seconds_per_tile"] > 0


def test_a_profile_of_another_dpi_is_warned_of(stack: Stack, profiles: dict[str, Any]) -> None:
    profiles["served"]["dpi"] = 300
    result = run("onnx", "check", SAMPLE)
    assert "trained at 150 dpi and profile served renders at 300" in result.stderr


def test_a_model_that_costs_more_than_its_profile_says_is_warned_of(
    stack: Stack, profiles: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx, "_seconds", lambda model, side: 0.8)
    assert "seconds_per_tile" in " ".join(run("onnx", "check", SAMPLE).stderr.split())
    profiles["served"]["seconds_per_tile"] = 0.8
    assert run("onnx", "check", SAMPLE).stderr == ""


def test_a_model_too_slow_for_the_function_is_warned_of(
    stack: Stack, profiles: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles["served"]["seconds_per_tile"] = 30
    monkeypatch.setattr(onnx, "_seconds", lambda model, side: 40.0)
    assert "may not be answered" in " ".join(run("onnx", "check", SAMPLE).stderr.split())


def test_a_label_that_the_model_lacks_is_refused(stack: Stack, profiles: dict[str, Any]) -> None:
    profiles["served"]["labels"] = ["pump", "ladder"]
    text = " ".join(refusal("onnx", "promote", SAMPLE).split())
    assert "profile served asks for labels that" in text
    assert "does not have: ladder; it has control-valve" in text
    assert in_use(stack) is None


def test_a_file_that_is_no_model_is_refused(stack: Stack, tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(SAMPLE_MODEL.read_bytes()[:5000])
    text = " ".join(refusal("onnx", "promote", str(path)).split())
    assert "broken.onnx cannot be used: onnxruntime must load the model" in text
    assert stored() == []


def test_a_file_that_is_not_there_is_refused(stack: Stack) -> None:
    assert "nowhere.onnx cannot be read (No such file" in refusal("onnx", "promote", "nowhere.onnx")


def test_a_file_that_is_too_large_for_the_function_is_refused(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx, "MAX_BYTES", 1000)
    assert "a model file has at most 1,000 bytes" in refusal("onnx", "promote", SAMPLE)


def test_an_unknown_project_is_refused(stack: Stack) -> None:
    text = " ".join(refusal("onnx", "promote", SAMPLE, "--project", "valves").split())
    assert "has the model_project 'valves'; there are plant; correct --project" in text


def test_a_custom_labels_project_takes_no_file(stack: Stack, profiles: dict[str, Any]) -> None:
    profiles["symbols"] = SERVED | {"detector": "custom-labels", "model_project": "valves"}
    assert "valves is a Custom Labels project, which takes no file" in " ".join(
        refusal("onnx", "promote", SAMPLE, "--project", "valves").split()
    )


def test_two_files_of_one_name_are_told_apart_by_promoting_the_file(stack: Stack) -> None:
    said("onnx", "promote", SAMPLE, "--name", "v1")
    said("onnx", "promote", SAMPLE, "--name", "v1", "--labels", "a,b,c,d,e,f,g")
    assert "2 files were promoted as v1; promote the file that is meant" in refusal(
        "model", "use", "v1", "--project", PROJECT
    )


@pytest.mark.parametrize("name", ["two words", "a/b", "x" * 101])
def test_a_version_s_name_is_plain(stack: Stack, name: str) -> None:
    assert "a version has 1 to 100 letters" in refusal("onnx", "promote", SAMPLE, "--name", name)


def test_a_stack_without_the_bucket_is_told_to_be_deployed(stack: Stack) -> None:
    outputs = {name: value for name, value in stack.outputs.items() if "Models" not in name}
    older = Stack(name="Old", clients=stack.clients, outputs=outputs)
    with pytest.raises(TargetUnreachable, match="no output ModelsBucketName; deploy"):
        assert older.models_bucket


def status(*arguments: str) -> Result:
    result = CliRunner(env={"COLUMNS": "100", "TERM": "dumb"}).invoke(
        app, ["model", "status", *arguments]
    )
    assert result.exit_code == 0, result.stderr
    return result


def test_status_tells_the_remedy_while_no_version_is_in_use(stack: Stack) -> None:
    waiting(stack)
    text = status().stdout
    assert "plant (onnx, nothing to start)" in text
    assert "`tilescout onnx promote FILE --project plant --stack Tilescout`" in " ".join(
        text.split()
    )
    assert "1 document WAITING_FOR_MODEL" in text


def test_status_names_the_version_in_use_and_all_that_were_promoted(stack: Stack) -> None:
    for name in ("v1", "v2"):
        said("onnx", "promote", SAMPLE, "--name", name)
    [found] = json.loads(status("--json").stdout)
    assert found["in_use"]["version"] == "v2"
    assert found["versions"] == ["v1", "v2"]
    assert "v2, since 2026-11-18" in status().stdout


@pytest.mark.parametrize("suffix", [".onnx", ".json"])
def test_a_file_that_is_gone_is_there_again_once_it_is_promoted_again(
    stack: Stack, suffix: str
) -> None:
    said("onnx", "promote", SAMPLE)
    [key] = [each for each in stored() if each.endswith(suffix)]
    boto3.client("s3").delete_object(Bucket="models-bucket", Key=key)
    assert "its file is gone, promote it again" in status().stdout
    said("onnx", "promote", SAMPLE)
    assert "its file is gone" not in status().stdout


def test_the_identifier_has_its_name_where_an_arn_has_it() -> None:
    version = keys.model_version("plant", "v1", "abc")
    assert version == "models/plant/version/v1/abc"
    assert keys.model_objects(version) == (f"{version}.onnx", f"{version}.json")
