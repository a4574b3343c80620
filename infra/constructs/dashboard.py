"""A dashboard of metrics that the stack and AWS write anyway, so that it costs no metric more."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.config.stack_config import Config
from infra.constructs.functions import Functions
from infra.constructs.monitoring import GuardMetric, guard_metric
from infra.constructs.queues import Queues
from tilescout.detector_kinds import CUSTOM_LABELS_UNIT_HOUR, KINDS, DetectorKind

MINUTE, FIVE_MINUTES, DAY = Duration.minutes(1), Duration.minutes(5), Duration.days(1)
THIRD, HALF = 8, 12
"""Widths of widgets; a dashboard is 24 wide."""
MINUTES_UP = "SampleCount"
"""The guard writes how long a model is up once per minute, and only while one is up."""
DOCUMENTS_QUERY = [
    "fields status",
    'filter message in ["document judged", "document ended"] or '
    '(message = "pages tiled" and status in ["QUEUED", "WAITING_FOR_MODEL", "FAILED"])',
    "stats count_distinct(document_id) as documents by status",
]
"""The messages of the functions that tell a document's new status."""


class Dashboard(Construct):
    """Documents, pace, delays, throttles, models and money of one stack."""

    def __init__(
        self, scope: Construct, id_: str, *, queues: Queues, functions: Functions, config: Config
    ) -> None:
        super().__init__(scope, id_)
        self._queues, self._functions, self._config = queues, functions, config
        self._namespace = config.settings.name
        self.dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            default_interval=Duration.hours(12),
            widgets=[
                [self._documents(), self._pace(), self._oldest()],
                [self._throttles(), self._models(), self._model_price()],
                [self._dollars(), self._errors()],
            ],
        )

    def _graph(
        self, title: str, metrics: Sequence[cloudwatch.IMetric], width: int = THIRD
    ) -> cloudwatch.GraphWidget:
        return cloudwatch.GraphWidget(title=title, left=list(metrics), width=width, height=6)

    def _documents(self) -> cloudwatch.LogQueryWidget:
        """Counts documents in the logs: a metric for each status would cost $0.30 per month."""
        groups = [
            self._functions.by_name[name].log_group.log_group_name
            for name in ("accept_document", "tile_page", "merge_page")
        ]
        return cloudwatch.LogQueryWidget(
            title="Documents by status, in the time that is shown",
            log_group_names=groups,
            query_lines=DOCUMENTS_QUERY,
            view=cloudwatch.LogQueryVisualizationType.BAR,
            width=THIRD,
            height=6,
        )

    def _pace(self) -> cloudwatch.GraphWidget:
        hints = [
            queue.metric_number_of_messages_deleted(statistic="Sum", period=MINUTE, label=label)
            for queue, label in (
                (self._queues.tiles, "tiles by services and models"),
                (self._queues.onnx_tiles, "tiles by ONNX models"),
                (self._queues.merges, "pages merged"),
            )
        ]
        return self._graph("Tiles and pages per minute", hints)

    def _oldest(self) -> cloudwatch.GraphWidget:
        oldest = guard_metric(GuardMetric.OLDEST_DUE, self._namespace)
        return self._graph("Age of the oldest due document, seconds", [oldest])

    def _throttles(self) -> cloudwatch.GraphWidget:
        all_functions = lambda_.Function.metric_all_throttles(period=FIVE_MINUTES, statistic="Sum")
        services = [
            self._call_metric(kind, "ThrottledCount", FIVE_MINUTES).with_(label=kind.name)
            for kind in self._services()
        ]
        throttled = [all_functions.with_(label="Lambda, whole account"), *services]
        return self._graph("Throttled", throttled)

    def _services(self) -> list[DetectorKind]:
        used = {profile.detector for profile in self._config.profiles.values()}
        return [kind for name, kind in KINDS.items() if name in used and kind.call_price]

    @staticmethod
    def _call_metric(kind: DetectorKind, name: str, period: Duration) -> cloudwatch.Metric:
        """Returns a metric that the service writes of itself, for the whole account."""
        service, operation = kind.api_call.split(":")
        return cloudwatch.Metric(
            namespace=f"AWS/{service.capitalize()}",
            metric_name=name,
            dimensions_map={"Operation": operation},
            statistic="Sum",
            period=period,
        )

    def _models(self) -> cloudwatch.GraphWidget:
        shown = {
            GuardMetric.MODEL_UP: "up, seconds",
            GuardMetric.MODEL_IDLE: "idle, seconds",
            GuardMetric.UNMANAGED_MODELS: "unmanaged models",
        }
        metrics = [guard_metric(name, self._namespace).with_(label=text)
                   for name, text in shown.items()]  # fmt: skip
        return self._graph("Models", metrics)

    def _model_price(self) -> cloudwatch.GraphWidget:
        price = self._price("custom_labels_unit_hour", CUSTOM_LABELS_UNIT_HOUR)
        up = guard_metric(GuardMetric.MODEL_UP, self._namespace)
        dollars = cloudwatch.MathExpression(
            expression=f"up / 3600 * {price:g}",
            using_metrics={"up": up},
            label="US dollars per inference unit since its start",
            period=MINUTE,
        )
        return self._graph("Price of the model so far", [dollars])

    def _price(self, name: str, listed: float) -> float:
        return self._config.prices.get(name, listed)

    def _dollars(self) -> cloudwatch.GraphWidget:
        """Shows calls at their price, and the minutes in which a model was up, of one unit."""
        model = guard_metric(
            GuardMetric.MODEL_UP, self._namespace, statistic=MINUTES_UP, period=DAY
        )
        hour = self._price("custom_labels_unit_hour", CUSTOM_LABELS_UNIT_HOUR)
        lines = [self._daily(f"up * {hour / 60:g}", {"up": model}, "models, per inference unit")]
        for kind in self._services():
            assert kind.call_price is not None
            price = self._price(kind.call_price.name, kind.call_price.usd)
            calls = self._call_metric(kind, "SuccessfulRequestCount", DAY)
            name = f"calls_{kind.name.replace('-', '_')}"
            lines.append(self._daily(f"{name} * {price:g}", {name: calls}, kind.name))
        return self._graph("US dollars per day, whole account", lines, HALF)

    @staticmethod
    def _daily(
        expression: str, metrics: dict[str, cloudwatch.IMetric], label: str
    ) -> cloudwatch.MathExpression:
        return cloudwatch.MathExpression(
            expression=expression, using_metrics=metrics, label=label, period=DAY
        )

    def _errors(self) -> cloudwatch.GraphWidget:
        errors = [
            function.function.metric_errors(period=FIVE_MINUTES, statistic="Sum", label=name)
            for name, function in self._functions.by_name.items()
        ]
        return self._graph("Errors of functions", errors, HALF)
