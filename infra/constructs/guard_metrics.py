"""What the guard says each minute, for the alarms."""

from __future__ import annotations

from enum import StrEnum

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.constructs.function_specs import METRICS_NAMESPACE, service_name


class GuardMetric(StrEnum):
    """Names of metrics; seconds are the most of all models or documents, 0 where there is none."""

    MODEL_UP = "ModelUpSeconds"
    MODEL_IDLE = "ModelIdleSeconds"
    FOREIGN_MODELS = "ForeignModelsRunning"
    DOCUMENTS_HELD = "DocumentsHeld"
    OLDEST_DUE = "OldestDueSeconds"


def guard_metric(
    name: GuardMetric, *, statistic: str = "Maximum", period: Duration | None = None
) -> cloudwatch.Metric:
    """The metric as Powertools writes it into the guard's log; of each minute by default."""
    return cloudwatch.Metric(
        namespace=METRICS_NAMESPACE,
        metric_name=name,
        dimensions_map={"service": service_name("guard")},
        statistic=statistic,
        period=period or Duration.minutes(1),
    )
