"""Alarms on what the guard says each minute."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from infra.constructs.monitoring import GuardMetric
from tests.infra.permissions.reached import LAMBDAS
from tests.infra.template import Template


def _alarm(template: Template, metric: str) -> dict[str, Any]:
    [alarm] = [
        each["Properties"]
        for each in template.of_type("CloudWatch::Alarm").values()
        if each["Properties"].get("MetricName") == metric
    ]
    return dict(alarm)


@pytest.mark.parametrize(
    ("metric", "most"),
    [
        ("ModelIdleSeconds", 15 * 60),
        # The longest deadline is 60 minutes, and stopping gets 30.
        ("ModelUpSeconds", 90 * 60),
        ("DocumentsHeld", 0),
        ("OldestDueSeconds", 26 * 3600),
        ("UnmanagedModelsRunning", 0),
    ],
)
def test_more_than_is_allowed_raises_the_alarm(template: Template, metric: str, most: int) -> None:
    alarm = _alarm(template, metric)
    assert alarm["Threshold"] == most
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert alarm["EvaluationPeriods"] == (60 if metric == "UnmanagedModelsRunning" else 1)


@pytest.mark.parametrize(
    "metric",
    ["ModelIdleSeconds", "ModelUpSeconds", "DocumentsHeld", "OldestDueSeconds"],
)
def test_one_minute_is_enough_to_raise_the_alarm(template: Template, metric: str) -> None:
    alarm = _alarm(template, metric)
    assert (alarm["Period"], alarm["Statistic"]) == (60, "Maximum")


def test_a_model_of_somebody_else_is_told_of_after_a_whole_hour(template: Template) -> None:
    alarm = _alarm(template, "UnmanagedModelsRunning")
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (60, 60)


@pytest.mark.parametrize("metric", list(GuardMetric))
def test_a_silent_guard_is_told_of_by_its_heartbeat_alone(template: Template, metric: str) -> None:
    assert _alarm(template, metric)["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize("metric", list(GuardMetric))
def test_an_alarm_watches_the_metric_that_the_guard_writes(template: Template, metric: str) -> None:
    environment = template.functions()["guard"]["Environment"]["Variables"]
    alarm = _alarm(template, metric)
    assert alarm["Namespace"] == environment["POWERTOOLS_METRICS_NAMESPACE"]
    assert alarm["Dimensions"] == [
        {"Name": "service", "Value": environment["POWERTOOLS_SERVICE_NAME"]}
    ]


def test_the_guard_writes_every_metric_that_is_watched() -> None:
    source = (LAMBDAS / "tilescout/handlers/guard.py").read_text()
    written = {node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)}
    assert set(GuardMetric) <= written
