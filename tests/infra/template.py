"""Reading a synthesised template."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Template:
    """The template as written, and where."""

    path: Path
    body: dict[str, Any]

    @property
    def resources(self) -> dict[str, Any]:
        return dict(self.body["Resources"])

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Resources of a type by logical id, for example of ``SQS::Queue``."""
        return {
            name: resource
            for name, resource in self.resources.items()
            if resource["Type"] == f"AWS::{kind}"
        }

    def properties(self, logical_id: str) -> dict[str, Any]:
        return dict(self.resources[logical_id]["Properties"])

    def functions(self) -> dict[str, dict[str, Any]]:
        """Properties of the functions by the handler's module."""
        found = (resource["Properties"] for resource in self.of_type("Lambda::Function").values())
        return {properties["Handler"].split(".")[-2]: properties for properties in found}

    def function_id(self, name: str) -> str:
        return next(
            logical_id
            for logical_id, resource in self.of_type("Lambda::Function").items()
            if resource["Properties"]["Handler"] == f"tilescout.handlers.{name}.handler"
        )

    def sources(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """Event source mappings by queue: the function's logical id and the properties."""
        return {
            mapping["Properties"]["EventSourceArn"]["Fn::GetAtt"][0]: (
                mapping["Properties"]["FunctionName"]["Ref"],
                mapping["Properties"],
            )
            for mapping in self.of_type("Lambda::EventSourceMapping").values()
        }

    def statements(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every identity policy statement, with the logical id of its role or policy."""
        for name, role in self.of_type("IAM::Role").items():
            for policy in role["Properties"].get("Policies", []):
                for statement in policy["PolicyDocument"]["Statement"]:
                    yield name, statement
        for name, policy in self.of_type("IAM::Policy").items():
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                yield name, statement


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
