"""Dataclasses to DynamoDB items and back; no float ever reaches a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


def to_attribute(value: Any) -> Any:
    """Floats become Decimals of six places, tuples lists, dataclasses maps; empty sets None."""
    if isinstance(value, float):
        return Decimal(str(_rounded(value)))
    if is_dataclass(value) and not isinstance(value, type):
        return to_item(value)
    if isinstance(value, Mapping):
        return {key: to_attribute(part) for key, part in value.items()}
    if isinstance(value, frozenset | set):
        return set(value) or None
    if isinstance(value, list | tuple):
        return [to_attribute(part) for part in value]
    return value


def _rounded(value: float) -> float:
    """What a tile costs in Lambda is millionths of a dollar: four digits of it are kept."""
    return round(value, 6) if abs(value) >= 0.001 else float(f"{value:.4g}")


def to_item(record: Any) -> dict[str, Any]:
    """The record's fields without those that are None or an empty set."""
    pairs = ((field.name, to_attribute(getattr(record, field.name))) for field in fields(record))
    return {name: value for name, value in pairs if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | set):
        return type(value)(_plain(part) for part in value)
    return value


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def from_item(kind: type[T], item: Mapping[str, Any]) -> T:
    """Attributes the dataclass does not know are ignored, as rolling deployments need."""
    hashable: Any = kind
    record: T = _adapter(hashable).validate_python(_plain(item))
    return record


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """The item with int and float in the place of Decimal."""
    converted: dict[str, Any] = _plain(item)
    return converted


def changes(values: Mapping[str, Any]) -> dict[str, Any]:
    """UpdateExpression, names and values that set (or, for None, remove) attributes."""
    prepared = {name: to_attribute(value) for name, value in values.items()}
    put = [name for name, value in prepared.items() if value is not None]
    gone = [name for name, value in prepared.items() if value is None]
    parts = []
    if put:
        parts.append("SET " + ", ".join(f"#{name} = :{name}" for name in put))
    if gone:
        parts.append("REMOVE " + ", ".join(f"#{name}" for name in gone))
    update: dict[str, Any] = {
        "UpdateExpression": " ".join(parts),
        "ExpressionAttributeNames": {f"#{name}": name for name in prepared},
    }
    if put:
        update["ExpressionAttributeValues"] = {f":{name}": prepared[name] for name in put}
    return update
