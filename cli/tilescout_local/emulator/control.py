"""The control paths of the embedded AWS, beside the emulated services on the same port.

GET /_tilescout/health; GET, POST, DELETE /_tilescout/faults; GET, DELETE /_tilescout/meter; GET,
DELETE /_tilescout/calls; GET, POST, PATCH /_tilescout/models; GET, DELETE
/_tilescout/models/meter; POST /_tilescout/advance {"seconds": n}, which brings schedules forward.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from tilescout_local.faults import Faults
from tilescout_local.models import model_overrides
from tilescout_local.models.registry import ModelRegistry

PREFIX = "/_tilescout/"
Route = Callable[[bytes], Any]


def with_control(
    app: Any, faults: Faults, registry: ModelRegistry, advance: Callable[[float], None]
) -> Any:
    """Returns ``app`` with the control paths in front."""
    routes: dict[tuple[str, str], Route] = {
        ("GET", "health"): lambda _: {"pid": os.getpid()},
        ("GET", "faults"): lambda _: faults.listed(),
        ("POST", "faults"): faults.add,
        ("DELETE", "faults"): lambda _: faults.clear(),
        ("GET", "meter"): lambda _: faults.meter(),
        ("DELETE", "meter"): lambda _: faults.reset_meter(),
        ("GET", "calls"): lambda _: faults.role_calls.listed(),
        ("DELETE", "calls"): lambda _: faults.role_calls.clear(),
        ("GET", "models"): lambda _: registry.rows(),
        ("POST", "models"): lambda body: model_overrides.add(registry, body),
        ("PATCH", "models"): lambda body: model_overrides.change(registry, body),
        ("GET", "models/meter"): lambda _: registry.meters(),
        ("DELETE", "models/meter"): lambda _: registry.reset_meters(),
        ("POST", "advance"): lambda body: advance(float(json.loads(body)["seconds"])),
    }

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await app(scope, receive, send)
            return
        route = routes.get((scope["method"], scope["path"].removeprefix(PREFIX)))
        status, answer = _answered(route, await _body(receive))
        head = {"type": "http.response.start", "status": status,
                "headers": [(b"content-type", b"application/json")]}  # fmt: skip
        await send(head)
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    return serve


def _answered(route: Route | None, body: bytes) -> tuple[int, Any]:
    if route is None:
        return 404, {"error": "no such control path"}
    try:
        return 200, route(body)
    except (ValidationError, ValueError, KeyError) as error:
        return 400, {"error": str(error)}


async def _body(receive: Any) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)
