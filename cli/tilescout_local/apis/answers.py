"""Answers of JSON 1.1 services: a status, headers and a body, as the emulator passes them on."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Answer = tuple[int, dict[str, str], bytes]
# method, path, lower-case headers, body, query
Handler = Callable[[str, str, Mapping[str, str], bytes, Mapping[str, Any]], Awaitable[Answer]]

CONTENT_TYPE = "application/x-amz-json-1.1"
_SERVER_ERRORS = {"InternalServerError": 500, "InternalError": 500, "ServiceUnavailable": 503,
                  "ServiceUnavailableException": 503, "SlowDown": 503}  # fmt: skip


class ApiError(Exception):
    """An error that the emulated service answers; ``code`` is the name boto3 makes a class of."""

    def __init__(self, code: str, message: str, members: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.members = members or {}


def ok(body: Mapping[str, Any]) -> Answer:
    return 200, {"Content-Type": CONTENT_TYPE}, json.dumps(body).encode()


def refused(error: ApiError) -> Answer:
    """The error as JSON services send it: 5xx for the service's own faults, 400 otherwise."""
    body = {"__type": error.code, "message": error.message, **error.members}
    headers = {"Content-Type": CONTENT_TYPE, "x-amzn-errortype": error.code}
    return _SERVER_ERRORS.get(error.code, 400), headers, json.dumps(body).encode()


def operation_of(headers: Mapping[str, str]) -> str:
    """The operation in X-Amz-Target, such as DetectText; empty where there is none."""
    return headers.get("x-amz-target", "").rpartition(".")[2]
