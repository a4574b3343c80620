"""Settings change the template as documented."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra.app import ROOT, synthesise
from infra.packages.build_layer import LAYERS
from tests.infra.template import Template, as_list


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The template with every setting other than its default, and without a model."""
    folder = tmp_path_factory.mktemp("changed")
    document: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())
    document["context"]["tilescout"]["settings"] = {
        "architecture": "x86_64",
        "renderer": "pdfium",
        "log_retention_days": 7,
        "deletion_protection": False,
        "alarm_email": "someone@example.com",
        "account_concurrency": 500,
        "accept_document_concurrency": 7,
        "tile_page_concurrency": 6,
        "detect_tile_concurrency": 5,
        "detect_onnx_concurrency": 4,
        "merge_page_concurrency": 3,
        "oldest_due_hours": 48,
        "reserved_concurrency": {"guard": 1},
    }
    for name in ("symbols", "symbols-onnx", "text-rekognition"):
        del document["context"]["tilescout"]["profiles"][name]
    (folder / "cdk.json").write_text(json.dumps(document))
    for name in ("lambdas", "statemachine"):
        (folder / name).symlink_to(ROOT / name)
    for name in ("layer-pdfium", "onnx-layer"):
        built = folder / "build" / name / "x86_64" / "python"
        built.mkdir(parents=True)
        (built / f"{name}.py").write_text("")
    assembly = synthesise(outdir=str(folder / "out"), build=folder / "build", sources=folder)
    path = assembly / "Tilescout.template.json"
    return Template(path, json.loads(path.read_text()))


def test_functions_and_layer_follow_the_architecture(changed: Template) -> None:
    for layer in changed.of_type("Lambda::LayerVersion").values():
        assert layer["Properties"]["CompatibleArchitectures"] == ["x86_64"]
    assert {each["Architectures"][0] for each in changed.functions().values()} == {"x86_64"}


def test_the_functions_that_read_pages_are_told_the_renderer(changed: Template) -> None:
    told = {
        name: function["Environment"]["Variables"].get("RENDERER")
        for name, function in changed.functions().items()
    }
    assert {name for name, renderer in told.items() if renderer == "pdfium"} == {
        "accept_document",
        "tile_page",
    }


def test_the_layer_has_the_renderer_alone() -> None:
    assert "pymupdf" not in LAYERS["layer-pdfium"]
    assert not {"pikepdf", "pypdfium2"} & set(LAYERS["layer"])


def test_all_logs_are_kept_as_long_as_set(changed: Template) -> None:
    groups = changed.of_type("Logs::LogGroup").values()
    assert {group["Properties"]["RetentionInDays"] for group in groups} == {7}


def test_deletion_protection_can_be_lifted(changed: Template) -> None:
    assert changed.properties("LedgerTable")["DeletionProtectionEnabled"] is False


def test_the_stack_can_be_deleted_where_protection_is_lifted(
    changed: Template, template: Template
) -> None:
    assert _is_protected(template) is True
    assert _is_protected(changed) is False


def _is_protected(template: Template) -> bool:
    manifest = json.loads((template.path.parent / "manifest.json").read_text())
    properties = manifest["artifacts"]["Tilescout"]["properties"]
    return bool(properties.get("terminationProtection", False))


def test_an_address_is_told_of_alarms(changed: Template) -> None:
    [subscription] = changed.of_type("SNS::Subscription").values()
    assert subscription["Properties"]["Protocol"] == "email"
    assert subscription["Properties"]["Endpoint"] == "someone@example.com"


def test_a_document_may_wait_as_long_as_set(changed: Template) -> None:
    [threshold] = [
        alarm["Properties"]["Threshold"]
        for alarm in changed.of_type("CloudWatch::Alarm").values()
        if alarm["Properties"].get("MetricName") == "OldestDueSeconds"
    ]
    assert threshold == 48 * 3600


def test_without_a_profile_for_it_a_service_is_not_called_and_a_model_only_stopped(
    changed: Template,
) -> None:
    touching = {
        action
        for _, statement in changed.statements()
        for action in as_list(statement["Action"])
        if action.startswith("rekognition:")
    }
    assert touching == {"rekognition:StopProjectVersion", "rekognition:DescribeProjectVersions"}


def test_concurrency_follows_its_settings(changed: Template) -> None:
    caps = {
        queue: mapping["ScalingConfig"]["MaximumConcurrency"]
        for queue, (_, mapping) in changed.sources().items()
    }
    assert caps == {
        "DocumentsQueue": 7,
        "PagesQueue": 6,
        "TilesQueue": 5,
        "OnnxTilesQueue": 4,
        "MergesQueue": 3,
        "DocumentsDeadLetters": 2,
        "PagesDeadLetters": 2,
    }
    assert changed.functions()["guard"]["ReservedConcurrentExecutions"] == 1


def test_a_built_layer_raises_no_warning(changed: Template) -> None:
    metadata = (changed.path.parent / "Tilescout.metadata.json").read_text()
    assert "placeholder-layer" not in metadata


def test_a_missing_layer_raises_the_warning_that_strict_deployment_refuses(
    assembly: Path,
) -> None:
    metadata = (assembly / "Tilescout.metadata.json").read_text()
    assert "placeholder-layer" in metadata
