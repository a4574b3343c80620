"""The JSON 1.1 protocol: responses of a status, headers and a body, as the emulator passes them
on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import astuple
from typing import Any

from tilescout.detector_kinds import ALPHABET_NAMES, DEFAULT_ALPHABET
from tilescout.detectors.responses import ALPHABET_HEADER, LEFT_OUT_HEADER, UNREAD_HEADER
from tilescout_local.engines.text_reading import ImageReading
from tilescout_local.errors import (
    ApiError,
    EngineBusy,
    WorkerDied,
    WorkerTimedOut,
    invalid_parameters,
)

Response = tuple[int, dict[str, str], bytes]
# method, path, lower-case headers, body, query
Handler = Callable[[str, str, Mapping[str, str], bytes, Mapping[str, Any]], Awaitable[Response]]

Operations = Mapping[str, Callable[[bytes], dict[str, Any]]]

LEFT_OUT = "tilescout:LinesLeftOut"
ALPHABET = "tilescout:Alphabet"
UNREAD = "tilescout:UnreadPlaces"
_HEADERS = {LEFT_OUT: LEFT_OUT_HEADER, ALPHABET: ALPHABET_HEADER, UNREAD: UNREAD_HEADER}
MAX_UNREAD = 100
"""Places that a response names; a header has room for some 8,000 characters."""
CONTENT_TYPE = "application/x-amz-json-1.1"
_SERVER_ERRORS = {"InternalServerError": 500, "InternalError": 500, "ServiceUnavailable": 503,
                  "ServiceUnavailableException": 503, "SlowDown": 503}  # fmt: skip


def reading_members(reading: ImageReading) -> dict[str, Any]:
    """Returns the members that tell, in headers of the response, how many lines were left out,
    with which alphabet the others were read, and the places (px) that were not read, if any."""
    told = {LEFT_OUT: reading.left_out, ALPHABET: reading.alphabet}
    places = [[*map(round, astuple(place))] for place in reading.unread[:MAX_UNREAD]]
    return told | ({UNREAD: json.dumps(places)} if places else {})


def success_response(body: Mapping[str, Any]) -> Response:
    """Returns the response; what AWS does not tell goes to a header, as clients know no member for
    it."""
    told = {header: str(body[name]) for name, header in _HEADERS.items() if name in body}
    shown = {name: value for name, value in body.items() if name not in _HEADERS}
    return 200, {"Content-Type": CONTENT_TYPE} | told, json.dumps(shown).encode()


def error_response(error: ApiError) -> Response:
    """Returns the error as JSON services send it: 5xx for the service's own faults, 400
    otherwise."""
    body = {"__type": error.code, "message": error.message, **error.members}
    headers = {"Content-Type": CONTENT_TYPE, "x-amzn-errortype": error.code}
    return _SERVER_ERRORS.get(error.code, 400), headers, json.dumps(body).encode()


def requested_operation(headers: Mapping[str, str]) -> str:
    """Returns the operation in X-Amz-Target, such as DetectText, or an empty text without one."""
    return headers.get("x-amz-target", "").rpartition(".")[2]


def json_api(operations: Operations) -> Handler:
    """Returns a handler that runs each operation off the event loop."""

    async def handle(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Response:
        return await asyncio.to_thread(_respond, operations, headers, body)

    return handle


def _with_alphabet(headers: Mapping[str, str], body: bytes) -> bytes:
    """Returns the body of a request, with the alphabet that a header names as a member."""
    name = headers.get(ALPHABET_HEADER)
    if name is None:
        return body
    return json.dumps({**json.loads(body), ALPHABET: name}).encode()


def alphabet_of(request: Mapping[str, Any]) -> str:
    """Returns the alphabet to read with; raises ApiError for one that is not known."""
    alphabet = str(request.get(ALPHABET, DEFAULT_ALPHABET))
    if alphabet not in ALPHABET_NAMES:
        raise invalid_parameters()
    return alphabet


def _respond(operations: Operations, headers: Mapping[str, str], body: bytes) -> Response:
    name = requested_operation(headers)
    operation = operations.get(name)
    if operation is None:
        return error_response(ApiError("UnknownOperationException", f"{name} is not emulated"))
    try:
        return success_response(operation(_with_alphabet(headers, body)))
    except ApiError as error:
        return error_response(error)
    except json.JSONDecodeError:
        return error_response(ApiError("SerializationException", "The body is not JSON"))
    except EngineBusy as error:
        return error_response(ApiError("ProvisionedThroughputExceededException", str(error)))
    except (WorkerDied, WorkerTimedOut) as error:
        return error_response(ApiError("InternalServerError", f"The engine failed: {error}"))
