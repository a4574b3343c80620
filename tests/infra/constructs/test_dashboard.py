"""The dashboard shows what is there anyway: metrics of AWS and the guard, and lines of logs."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from infra.constructs.dashboard import DOCUMENTS_QUERY
from infra.constructs.monitoring import GuardMetric
from tests.infra.permissions.reached import LAMBDAS
from tests.infra.template import Template


@pytest.fixture
def widgets(template: Template) -> dict[str, dict[str, Any]]:
    """Returns the properties of the widgets by their titles."""
    [dashboard] = template.of_type("CloudWatch::Dashboard").values()
    parts = dashboard["Properties"]["DashboardBody"]["Fn::Join"][1]
    body = "".join(part if isinstance(part, str) else "x" for part in parts)
    shown = (widget["properties"] for widget in json.loads(body)["widgets"])
    return {properties["title"]: properties for properties in shown}


def metrics(widget: dict[str, Any]) -> list[list[Any]]:
    return [metric for metric in widget["metrics"] if isinstance(metric[0], str)]


def test_documents_pace_delays_throttles_models_and_money_are_shown(
    widgets: dict[str, dict[str, Any]],
) -> None:
    assert list(widgets) == [
        "Documents by status, in the time that is shown",
        "Tiles and pages per minute",
        "Age of the oldest due document, seconds",
        "Throttled",
        "Models",
        "Price of the model so far",
        "US dollars per day, whole account",
        "Errors of functions",
    ]


def test_no_metric_is_written_for_it(widgets: dict[str, dict[str, Any]]) -> None:
    shown = [metric for widget in widgets.values() if "metrics" in widget
             for metric in metrics(widget)]  # fmt: skip
    own = {metric[1] for metric in shown if metric[0] == "Tilescout"}
    others = {metric[0] for metric in shown} - {"Tilescout"}
    assert own <= set(GuardMetric)
    assert others == {"AWS/Lambda", "AWS/SQS", "AWS/Textract", "AWS/Rekognition"}


def test_the_log_lines_that_are_counted_are_written() -> None:
    asked = set(re.findall(r'"([a-z ]+)"', " ".join(DOCUMENTS_QUERY)))
    written = " ".join(
        (LAMBDAS / f"tilescout/handlers/{name}.py").read_text()
        for name in ("accept_document", "tile_page", "merge_page")
    )
    assert asked == {"document judged", "document ended", "pages tiled"}
    for message in asked:
        assert f'logger.info("{message}", ' in written


def test_dollars_are_calls_at_their_price_and_minutes_of_a_model(
    widgets: dict[str, dict[str, Any]],
) -> None:
    shown = widgets["US dollars per day, whole account"]["metrics"]
    expressions = {part["expression"] for [part, *_] in shown if isinstance(part, dict)}
    assert expressions == {
        "up * 0.0666667",
        "calls_textract * 0.0015",
        "calls_rekognition_text * 0.001",
    }
