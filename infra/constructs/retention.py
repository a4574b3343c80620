"""Days of log retention as CDK names them."""

from __future__ import annotations

from aws_cdk import aws_logs as logs

_NAMES = {
    1: "ONE_DAY",
    3: "THREE_DAYS",
    5: "FIVE_DAYS",
    7: "ONE_WEEK",
    14: "TWO_WEEKS",
    30: "ONE_MONTH",
    60: "TWO_MONTHS",
    90: "THREE_MONTHS",
    180: "SIX_MONTHS",
    365: "ONE_YEAR",
    731: "TWO_YEARS",
    1827: "FIVE_YEARS",
    3653: "TEN_YEARS",
}


def retention_of(days: int) -> logs.RetentionDays:
    """``days`` is one of the settings' log_retention_days."""
    return logs.RetentionDays[_NAMES[days]]
