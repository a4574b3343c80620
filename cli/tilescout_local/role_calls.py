"""Counts what functions, state machines and schedules ask of the embedded AWS under their roles.

Only what a policy may name is kept of a request: the operation, and the resources that it is for.
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tilescout_local.apis.json_protocol import Response, requested_operation

NAMING = ("TableName", "IndexName", "QueueUrl", "ProjectVersionArn", "ProjectArn",
          "stateMachineArn", "executionArn")  # fmt: skip
"""Members of requests that name a resource."""
_NAMED = re.compile(rf'"({"|".join(NAMING)})"\s*:\s*"([^"]*)"')
_OBJECTS = {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject", "DELETE": "DeleteObject"}
_BY_QUERY = {
    ("GET", "versions"): "ListObjectVersions",
    ("GET", "list-type"): "ListObjectsV2",
    ("POST", "delete"): "DeleteObjects",
    ("POST", "uploads"): "CreateMultipartUpload",
    ("PUT", "uploadId"): "UploadPart",
    ("POST", "uploadId"): "CompleteMultipartUpload",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
}
"""Operations of S3 that a parameter of the query tells."""
_KEY = re.compile(rb"<Key>(.*?)</Key>", re.DOTALL)


@dataclass
class RoleCalls:
    """Counts of calls; ``function_of`` the tag of a sandbox returns the name of its function."""

    function_of: Callable[[str], str | None]
    _counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, caller: str, service: str, operation: str, asked: Mapping[str, Any]) -> None:
        """Counts one call; ``caller`` is a function's name, or the ARN of another one's role."""
        call = json.dumps([caller, service, operation, asked], sort_keys=True)
        with self._lock:
            self._counts[call] += 1

    def listed(self) -> list[list[Any]]:
        """Returns caller, service, operation, naming members and count of all different calls."""
        with self._lock:
            return [[*json.loads(call), count] for call, count in self._counts.items()]

    def clear(self) -> None:
        with self._lock:
            self._counts.clear()

    def note_request(self, service: str, request: Any, answer: Response) -> None:
        """Counts a request of a sandbox; ``request`` is what a service's handler takes."""
        tag = caller_tag(request[2])
        function = self.function_of(tag) if tag else None
        if function is None:
            return
        if service == "s3":
            self._note_s3(function, request, answer)
        elif operation := requested_operation(request[2]):
            self.note(function, service, operation, _naming(request[3]))

    def _note_s3(self, function: str, request: Any, answer: Response) -> None:
        method, path, _, body, query = request
        bucket, _, key = unquote(path).strip("/").partition("/")
        named = [_BY_QUERY[method, name] for name in query if (method, name) in _BY_QUERY]
        operation = (named or [_OBJECTS.get(method, method) if key else "HeadBucket"])[0]
        asked: dict[str, Any] = {"Bucket": bucket, "Key": _folder(key)}
        if "versionId" in query:
            asked["VersionId"] = "version"
        if operation == "DeleteObjects":
            folders = sorted({_folder(found.decode()) for found in _KEY.findall(body)})
            asked["Delete"] = {"Objects": [{"Key": folder} for folder in folders]}
        self.note(function, "s3", operation, asked)
        if answer[0] == 404 and key:
            # Without the right to list, S3 would answer 403.
            self.note(function, "s3", "ListObjectsV2", {"Bucket": bucket})


def caller_tag(headers: Mapping[str, str]) -> str:
    """Returns the tag that a sandbox puts into its User-Agent; empty for any other client."""
    tag = re.search(r"\bapp/(\S+)", headers.get("user-agent", ""))
    return tag.group(1) if tag else ""


def _folder(key: str) -> str:
    """Returns the first folder of a key: policies tell objects apart by it."""
    first, slash, _ = key.partition("/")
    return f"{first}/any" if slash else key


def _naming(body: bytes) -> dict[str, Any]:
    """Returns the members that name resources, in the shape of the request."""
    text = body.decode()
    if '"TransactItems"' in text:
        return {"TransactItems": [*_transacted(json.loads(text)["TransactItems"])]}
    if '"RequestItems"' in text:
        return {"RequestItems": dict.fromkeys(json.loads(text)["RequestItems"])}
    return {name: _without_name(name, value) for name, value in _NAMED.findall(text)}


def _transacted(actions: Any) -> Iterator[dict[str, Any]]:
    """Yields the different kinds of a transaction's actions, with their tables."""
    different = {(kind, each["TableName"]) for action in actions for kind, each in action.items()}
    for kind, table in sorted(different):
        yield {kind: {"TableName": table}}


def _without_name(member: str, value: str) -> str:
    """Returns the ARN of any execution of the same machine for that of one."""
    return f"{value.rpartition(':')[0]}:any" if member == "executionArn" else value
