"""The requests and units that AWS bills of the functions' calls, counted as they are made.

DynamoDB's units follow from the sizes of items before and after a write, as its documentation
says: a write unit per kilobyte, twice in a transaction, once more per index whose copy changes;
a read unit per 4 kB, half of it where the read need not be consistent. What Lambda does for a
queue, a receive and a delete per invocation, is counted with the invocation.
"""

from __future__ import annotations

import math
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType

from tests.handlers.account import ACCOUNT, FUNCTION, REGION, Account
from tilescout.pricing import PriceTable

Item = Mapping[str, Any]
Call = Callable[[Any, str, dict[str, Any]], Any]
WRITES = {"PutItem", "UpdateItem", "DeleteItem"}
PUTS = {"PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"}
LISTS = {"ListObjectsV2", "ListObjectVersions"}
DETECTORS = ("textract", "rekognition")


def size(value: Any) -> int:
    """Returns the bytes of an attribute's value."""
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, bool) or value is None:
        return 1
    if isinstance(value, int | float | Decimal):
        return (len(str(value).replace(".", "").strip("-0")) + 1) // 2 + 1
    if isinstance(value, Mapping):
        return 3 + sum(len(name) + size(each) + 1 for name, each in value.items())
    if isinstance(value, list):
        return 3 + sum(size(each) + 1 for each in value)
    return sum(map(size, value))


def item_size(item: Item) -> int:
    return sum(len(name.encode()) + size(value) for name, value in item.items())


def write_units(*items: Item | None) -> int:
    """Returns the units of one write, by the larger of the item before and after it."""
    return max([1, *(math.ceil(item_size(item) / 1024) for item in items if item)])


def index_units(old: Item | None, new: Item | None, names: tuple[str, ...]) -> int:
    """Returns the units of one index that has a copy of each item with all ``names``."""
    before, after = (
        item if item and all(name in item for name in names) else None for item in (old, new)
    )
    if before == after:
        return 0
    if before and after and any(before[name] != after[name] for name in names):
        return write_units(before) + write_units(after)
    return write_units(before, after)


def _table(name: str) -> Any:
    return dynamodb_backends[ACCOUNT][REGION].tables[name]


def _plain(value: Any) -> Any:
    """Returns a value that may be as the wire has it, such as {"S": "text"}, as Python has it."""
    return TypeDeserializer().deserialize(value) if isinstance(value, Mapping) else value


def stored(name: str, keys: Item) -> Item | None:
    """Returns the item as the table holds it, without leaving a trace of the look."""
    table = _table(name)
    item = table.get_item(
        *(DynamoType({"S": _plain(keys[part])}) for part in table.table_key_attrs)
    )
    if item is None:
        return None
    return {key: _value(value) for key, value in item.attrs.items()}


def _value(held: DynamoType) -> Any:
    """Returns what moto holds as a value of Python."""
    if held.is_map():
        return {key: _value(value) for key, value in held.value.items()}
    if held.is_list():
        return [_value(value) for value in held.value]
    if held.is_set():
        return set(map(Decimal, held.value)) if held.is_number() else set(held.value)
    return Decimal(held.value) if held.is_number() else held.value


def _indexes(name: str) -> Iterator[tuple[str, ...]]:
    for index in _table(name).global_indexes:
        yield tuple(part["AttributeName"] for part in index.schema)


@dataclass
class Usage:
    """Counts by the names of the prices, of the calls within ``metered``.

    ``unit_seconds`` are those for which a model was up, times its inference units.
    """

    counts: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    calls: int = 0
    unit_seconds: float = 0.0
    lock: Any = field(default_factory=threading.RLock)

    def usd(self, prices: PriceTable) -> float:
        """Returns US dollars for all but the calls of detectors and the time of functions."""
        by_name = prices.by_name()
        return sum(by_name[name] * count for name, count in self.counts.items())

    def note(self, price: str, count: float) -> None:
        self.counts[price] += count

    def make(self, call: Call, client: Any, operation: str, asked: dict[str, Any]) -> Any:
        """Makes the call and counts it."""
        service = client.meta.service_model.service_name
        if service == "dynamodb":
            with self.lock:
                return self._dynamodb(call, client, operation, asked)
        if service == "s3":
            self._s3(operation)
        elif service == "sqs":
            self.note("sqs_request", 1)
        elif service == "events":
            self.note("eventbridge_event", len(asked["Entries"]))
        elif service in DETECTORS and operation.startswith("Detect"):
            self.calls += 1
        return call(client, operation, asked)

    def _s3(self, operation: str) -> None:
        if operation in PUTS | LISTS:
            self.note("s3_put", 1)
        elif operation in ("GetObject", "HeadObject"):
            self.note("s3_get", 1)

    def _dynamodb(self, call: Call, client: Any, operation: str, asked: dict[str, Any]) -> Any:
        written = list(_written(operation, asked))
        before = [stored(table, keys) for table, keys, _ in written]
        try:
            answer = call(client, operation, asked)
        except ClientError:
            for old, (_, _, times) in zip(before, written, strict=True):
                self.note("dynamodb_write", times * write_units(old))
            raise
        for old, (table, keys, times) in zip(before, written, strict=True):
            new = stored(table, keys)
            units = write_units(old, new)
            units += sum(index_units(old, new, names) for names in _indexes(table))
            self.note("dynamodb_write", times * units)
        self._read(operation, asked, answer)
        return answer

    def _read(self, operation: str, asked: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        if operation == "GetItem":
            bytes_read = item_size(answer.get("Item", {}))
        elif operation == "Query":
            bytes_read = sum(map(item_size, answer["Items"]))
        else:
            return
        units = max(1, math.ceil(bytes_read / 4096))
        self.note("dynamodb_read", units if asked.get("ConsistentRead") else units / 2)


def _written(operation: str, asked: Mapping[str, Any]) -> Iterator[tuple[str, Item, int]]:
    """Yields the table, the key and the price of each write: 2 within a transaction."""
    if operation in WRITES:
        yield asked["TableName"], asked.get("Key") or asked["Item"], 1
    elif operation == "TransactWriteItems":
        for action in asked["TransactItems"]:
            for each in action.values():
                yield each["TableName"], each.get("Key") or each["Item"], 2
    elif operation == "BatchWriteItem":
        for table, writes in asked["RequestItems"].items():
            for write in writes:
                put, delete = write.get("PutRequest"), write.get("DeleteRequest")
                yield table, put["Item"] if put else delete["Key"], 1


TRANSITIONS = 2
"""The transitions of a step: its task and the choice after it; a wait is one more."""


@contextmanager
def metered() -> Iterator[Usage]:
    """Counts the invocations of the functions and the calls that they make."""
    usage = Usage()
    make: Any = getattr(BaseClient, "_make_api_call")  # noqa: B009
    invoke = Account.call

    def invoked(account: Account, handler: str, event: dict[str, Any], *more: Any) -> Any:
        usage.note("lambda_request", 1)
        if "Records" in event:
            usage.note("sqs_request", 2)
        answer = invoke(account, handler, event, *more)
        if "step" in event:
            usage.note("step_functions_transition", TRANSITIONS + (not answer["next"]))
        return answer

    def counted(client: Any, operation: str, asked: dict[str, Any]) -> Any:
        if not FUNCTION[-1]:
            return make(client, operation, asked)
        return usage.make(make, client, operation, asked)

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(BaseClient, "_make_api_call", counted)
        monkeypatch.setattr(Account, "call", invoked)
        yield usage
