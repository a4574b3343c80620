"""Resource properties of our template that the emulator's CloudFormation does not take."""

from __future__ import annotations

from typing import Any

from ministack.services.cloudformation import provisioners

_alarm_record = provisioners._cw_metric_alarm_record


def install() -> None:
    """Replace the provisioners that would refuse the template."""
    provisioners._cw_metric_alarm_record = alarm_record


def alarm_record(name: str, properties: dict[str, Any]) -> Any:
    """An alarm on an expression is refused; it is created on the first metric of the expression."""
    stats = [m["MetricStat"] for m in properties.get("Metrics", []) if "MetricStat" in m]
    if not stats:
        return _alarm_record(name, properties)
    metric = stats[0]["Metric"]
    return _alarm_record(
        name,
        {
            **{key: value for key, value in properties.items() if key != "Metrics"},
            "MetricName": metric["MetricName"],
            "Namespace": metric["Namespace"],
            "Dimensions": metric.get("Dimensions", []),
            "Period": stats[0]["Period"],
            "Statistic": stats[0]["Stat"],
        },
    )
