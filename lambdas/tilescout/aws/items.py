"""Conversion of dataclasses to DynamoDB items and back; no float ever reaches a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


def to_attribute(value: Any) -> Any:
    """Returns the value as a table takes it.

    Floats become Decimals of six places, tuples lists, dataclasses maps, and empty sets None.
    """
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
    """Rounds to six places; of a smaller number, such as the price of a tile, keeps four digits."""
    return round(value, 6) if abs(value) >= 0.001 else float(f"{value:.4g}")


def to_item(record: Any) -> dict[str, Any]:
    """Returns the record's fields as attributes, without those that are None or an empty set."""
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
    """Returns the item as a dataclass of this kind.

    Attributes that the dataclass does not know are ignored, as rolling deployments need.
    """
    hashable: Any = kind
    record: T = _adapter(hashable).validate_python(_plain(item))
    return record


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the item with int and float in the place of Decimal."""
    converted: dict[str, Any] = _plain(item)
    return converted


def changes(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns UpdateExpression, names and values that set attributes, or remove those of None."""
    prepared = {name: to_attribute(value) for name, value in values.items()}
    kept = [name for name, value in prepared.items() if value is not None]
    removed = [name for name, value in prepared.items() if value is None]
    parts = []
    if kept:
        parts.append("SET " + ", ".join(f"#{name} = :{name}" for name in kept))
    if removed:
        parts.append("REMOVE " + ", ".join(f"#{name}" for name in removed))
    update: dict[str, Any] = {
        "UpdateExpression": " ".join(parts),
        "ExpressionAttributeNames": {f"#{name}": name for name in prepared},
    }
    if kept:
        update["ExpressionAttributeValues"] = {f":{name}": prepared[name] for name in kept}
    return update
