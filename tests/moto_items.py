"""moto's answers that hold items of tables, made in less time."""

from __future__ import annotations

from typing import Any

from moto.core.serialize import BaseJSONSerializer

plain = BaseJSONSerializer._serialize_type_structure


def written(
    serializer: BaseJSONSerializer, found: dict[str, Any], value: Any, shape: Any, key: str
) -> None:
    """A value of an item is sent as it lies in the table.

    moto looks for each of the ten kinds of a value under three names, in all nested values: a
    third of the time that the tests of the handlers took.
    """
    if shape.name == "AttributeValue":
        found[key] = value
    else:
        plain(serializer, found, value, shape, key)


def send_values_as_they_lie() -> None:
    BaseJSONSerializer._serialize_type_structure = written  # type: ignore[assignment,method-assign]
