"""Reads a synthesised CDK cloud assembly: its stacks in the order of deployment, and their
assets."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file or folder to be stored in the bootstrap bucket before its stack is created."""

    source: Path
    zipped: bool
    bucket: str
    key: str

    def content(self) -> bytes:
        return zip_folder(self.source) if self.zipped else self.source.read_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A stack with its synthesised template, the place where the template is stored, and its
    assets."""

    name: str
    template: str
    template_bucket: str
    template_key: str
    assets: tuple[Asset, ...]

    def layer_keys(self) -> set[str]:
        """Returns the keys of the assets that only Lambda layers use."""
        resources = json.loads(self.template).get("Resources", {}).values()
        return {
            resource["Properties"]["Content"]["S3Key"]
            for resource in resources
            if resource["Type"] == "AWS::Lambda::LayerVersion"
        }


def read_assembly(folder: Path, *, account: str, region: str) -> list[Stack]:
    """Returns the stacks of a cloud assembly; a stack comes after those that it depends on."""
    artifacts: dict[str, Any] = json.loads((folder / "manifest.json").read_text())["artifacts"]
    names = {"${AWS::AccountId}": account, "${AWS::Region}": region, "${AWS::Partition}": "aws"}
    return [
        _stack(folder, name, artifacts, names)
        for name in _in_order(artifacts)
        if artifacts[name]["type"] == "aws:cloudformation:stack"
    ]


def _stack(
    folder: Path, name: str, artifacts: Mapping[str, Any], names: Mapping[str, str]
) -> Stack:
    properties = artifacts[name]["properties"]
    needed = [artifacts[d] for d in artifacts[name].get("dependencies", [])]
    manifests = [a for a in needed if a["type"] == "cdk:asset-manifest"]
    url = _filled(properties["stackTemplateAssetObjectUrl"], names)
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return Stack(
        name=properties.get("stackName", name),
        template=(folder / properties["templateFile"]).read_text(),
        template_bucket=bucket,
        template_key=key,
        assets=tuple(asset for m in manifests for asset in _assets(folder, m, names)),
    )


def _in_order(artifacts: Mapping[str, Any]) -> list[str]:
    ordered: dict[str, None] = {}

    def visit(name: str) -> None:
        for needed in artifacts[name].get("dependencies", []):
            visit(needed)
        ordered.setdefault(name)

    for name in artifacts:
        visit(name)
    return list(ordered)


def _assets(folder: Path, manifest: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Asset]:
    files = json.loads((folder / manifest["properties"]["file"]).read_text()).get("files", {})
    for item in files.values():
        for destination in item["destinations"].values():
            yield Asset(
                source=folder / item["source"]["path"],
                zipped=item["source"].get("packaging") == "zip",
                bucket=_filled(destination["bucketName"], names),
                key=_filled(destination["objectKey"], names),
            )


def _filled(text: str, names: Mapping[str, str]) -> str:
    for placeholder, value in names.items():
        text = text.replace(placeholder, value)
    return text


def zip_folder(folder: Path) -> bytes:
    """Returns the folder as a zip file whose bytes depend on names and contents only."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix())
                entry.external_attr = (path.stat().st_mode & 0xFFFF) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
    return data.getvalue()
