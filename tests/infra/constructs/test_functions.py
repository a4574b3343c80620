"""Functions: their time, their sources and their environment."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from infra.config.concurrency import USEFUL_CAPS
from tests.infra.template import Template
from tilescout.handlers import settings
from tilescout.transitions import decisions

POWERTOOLS = {
    "POWERTOOLS_LOG_LEVEL": "INFO",
    "POWERTOOLS_METRICS_NAMESPACE": "Tilescout",
}
SETTINGS = {
    "accept_document": settings.AcceptDocumentSettings,
    "tile_page": settings.TilePageSettings,
    "advance_run": settings.AdvanceRunSettings,
    "detect_tile": settings.DetectTileSettings,
    "detect_onnx": settings.DetectOnnxSettings,
    "merge_page": settings.MergePageSettings,
    "collect_dead_letters": settings.CollectDeadLettersSettings,
    "guard": settings.GuardSettings,
}


@pytest.mark.parametrize(
    ("name", "timeout", "memory", "disk"),
    [
        ("accept_document", 120, 2048, 2048),
        ("tile_page", 300, 3008, 2048),
        ("advance_run", 30, 512, 512),
        ("detect_tile", 60, 512, 512),
        ("detect_onnx", 60, 1769, 512),
        ("merge_page", 600, 3008, 2048),
        ("collect_dead_letters", 60, 256, 512),
        ("guard", 30, 256, 512),
    ],
)
def test_a_function_has_its_time_memory_and_disk(
    template: Template, name: str, timeout: int, memory: int, disk: int
) -> None:
    properties = template.functions()[name]
    assert properties["Timeout"] == timeout
    assert properties["MemorySize"] == memory
    assert properties["EphemeralStorage"] == {"Size": disk}


@pytest.mark.parametrize("name", ["advance_run", "guard"])
def test_a_function_that_may_stop_a_model_ends_within_thirty_seconds(
    template: Template, name: str
) -> None:
    """GRACE is 60 s: what a lost owner began has ended before another may act."""
    assert template.functions()[name]["Timeout"] <= 30


def test_nobody_cleans_where_an_earlier_cleaner_may_still_run(template: Template) -> None:
    timeout = template.functions()["merge_page"]["Timeout"]
    assert timeout < decisions.CLEANUP_SECONDS


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_function_is_given_what_its_handler_reads(template: Template, name: str) -> None:
    variables = template.functions()[name]["Environment"]["Variables"]
    read = {field.name.upper() for field in fields(SETTINGS[name])}
    assert set(variables) == read | {"POWERTOOLS_SERVICE_NAME", *POWERTOOLS}


def test_every_function_has_its_settings(template: Template) -> None:
    assert set(template.functions()) == set(SETTINGS)


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_logs_and_metrics_carry_the_function_s_name(template: Template, name: str) -> None:
    variables = template.functions()[name]["Environment"]["Variables"]
    assert variables["POWERTOOLS_SERVICE_NAME"] == name.replace("_", "-")
    assert POWERTOOLS.items() <= variables.items()


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_handler_module_lies_in_the_source_tree(name: str) -> None:
    root = Path(__file__).resolve().parents[3]
    assert (root / "lambdas" / "tilescout" / "handlers" / f"{name}.py").is_file()


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_function_runs_python_3_13_on_arm(template: Template, name: str) -> None:
    properties = template.functions()[name]
    assert properties["Runtime"] == "python3.13"
    assert properties["Architectures"] == ["arm64"]


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_only_detect_onnx_has_the_layer_of_onnxruntime(template: Template, name: str) -> None:
    [onnx] = [each for each in template.of_type("Lambda::LayerVersion") if "Onnx" in each]
    [common] = set(template.of_type("Lambda::LayerVersion")) - {onnx}
    wanted = [common, onnx] if name == "detect_onnx" else [common]
    assert template.functions()[name]["Layers"] == [{"Ref": layer} for layer in wanted]


def test_all_functions_run_one_asset(template: Template) -> None:
    keys = {json.dumps(each["Code"], sort_keys=True) for each in template.functions().values()}
    assert len(keys) == 1


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_function_logs_to_a_group_that_forgets(template: Template, name: str) -> None:
    group = template.functions()[name]["LoggingConfig"]["LogGroup"]["Ref"]
    assert template.properties(group)["RetentionInDays"] == 30


def test_reserved_concurrency_is_off(template: Template) -> None:
    """A new account's quota is 10 to 50: reserving some of it would fail the first deployment."""
    for properties in template.functions().values():
        assert "ReservedConcurrentExecutions" not in properties


@pytest.mark.parametrize(
    ("queue", "name", "batch"),
    [
        ("DocumentsQueue", "accept_document", 1),
        ("PagesQueue", "tile_page", 1),
        ("TilesQueue", "detect_tile", 1),
        ("OnnxTilesQueue", "detect_onnx", 10),
        ("MergesQueue", "merge_page", 1),
        ("DocumentsDeadLetters", "collect_dead_letters", 10),
        ("PagesDeadLetters", "collect_dead_letters", 10),
    ],
)
def test_a_queue_feeds_its_function(template: Template, queue: str, name: str, batch: int) -> None:
    function, mapping = template.sources()[queue]
    assert function == template.function_id(name)
    assert mapping["BatchSize"] == batch
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("queue", sorted(USEFUL_CAPS))
def test_every_queue_is_taken_from_with_a_cap_that_suits_a_new_account(
    template: Template, queue: str
) -> None:
    _, mapping = template.sources()[queue]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}


def test_every_queue_that_feeds_a_function_has_a_cap(template: Template) -> None:
    assert set(template.sources()) == set(USEFUL_CAPS)


def test_the_asset_holds_profiles_that_the_functions_can_read(
    template: Template, assembly: Path
) -> None:
    hash_ = template.functions()["guard"]["Code"]["S3Key"].removesuffix(".zip")
    document = (assembly / f"asset.{hash_}" / "profiles.json").read_text()
    parsed = TypeAdapter(settings.Configuration).validate_json(document)
    assert parsed.default_profile == "text"
    assert parsed.profile_for("tags").find[1].lines == 2
    assert [profile.name for profile in parsed.of_model("textract")] == [
        "tags",
        "text",
        "text-first",
    ]
