"""Closes two gaps of the emulator: keys in lists of versions, and alarms on an expression.

S3 sends the keys of a list URL-encoded, as XML allows no control characters; boto3 always asks for
that and decodes them. The emulator is imported by `install` only, as tests use the encoding
without it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import unescape

from tilescout_local.apis.json_protocol import Response

_KEY = re.compile(r"<(Key|Prefix|KeyMarker|NextKeyMarker)>(.*?)</\1>", re.DOTALL)
_END = "</ListVersionsResult>"


def install() -> None:
    """Replaces the functions of the emulator that list versions and create alarms."""
    from ministack.services import s3
    from ministack.services.cloudformation import provisioners

    s3._list_object_versions = with_encoded_keys(s3._list_object_versions)
    provisioners._cw_metric_alarm_record = with_expressions(provisioners._cw_metric_alarm_record)


def with_encoded_keys(list_versions: Callable[..., Response]) -> Callable[..., Response]:
    """Returns the function with the keys of its successful responses encoded."""

    def list_encoded(*request: Any) -> Response:
        status, headers, body = list_versions(*request)
        return status, headers, encode_keys(body) if status == 200 else body

    return list_encoded


def encode_keys(body: bytes) -> bytes:
    """Returns a ListVersionsResult with ``encoding-type=url`` for one without."""

    def encode(match: re.Match[str]) -> str:
        name, key = match.groups()
        return f"<{name}>{quote(unescape(key, {'&quot;': chr(34)}), safe='/')}</{name}>"

    text = _KEY.sub(encode, body.decode())
    return text.replace(_END, f"<EncodingType>url</EncodingType>{_END}").encode()


def with_expressions(alarm_record: Callable[..., Any]) -> Callable[..., Any]:
    """Returns the function with alarms on an expression put on the expression's first metric."""

    def record(name: str, properties: dict[str, Any]) -> Any:
        stats = [m["MetricStat"] for m in properties.get("Metrics", []) if "MetricStat" in m]
        return alarm_record(name, _on_first_metric(properties, stats[0]) if stats else properties)

    return record


def _on_first_metric(properties: dict[str, Any], stat: dict[str, Any]) -> dict[str, Any]:
    metric = stat["Metric"]
    return {
        **{key: value for key, value in properties.items() if key != "Metrics"},
        "MetricName": metric["MetricName"],
        "Namespace": metric["Namespace"],
        "Dimensions": metric.get("Dimensions", []),
        "Period": stat["Period"],
        "Statistic": stat["Stat"],
    }
