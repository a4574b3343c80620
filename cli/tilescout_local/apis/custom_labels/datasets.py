"""Amazon Rekognition Custom Labels: the datasets of a project, made from Ground Truth manifests.

Each function answers one operation and raises ApiError with the codes of the real operation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from tilescout_local.apis.image_input import ReadObject
from tilescout_local.apis.request_members import (
    arn_member,
    names_member,
    object_member,
    tags_member,
    whole_member,
)
from tilescout_local.errors import ApiError, invalid_parameters
from tilescout_local.models.arns import DATASET_ARN, PROJECT_ARN
from tilescout_local.models.manifest_datasets import TYPES, DatasetType, ManifestDatasets
from tilescout_local.models.manifest_entries import Entry, read_entries

Request = Mapping[str, Any]
MAX_MANIFEST_BYTES = 1024**3
MAX_LISTED = 100


def create_dataset(
    request: Request, datasets: ManifestDatasets, read_object: ReadObject
) -> dict[str, Any]:
    """Returns the ARN of the new dataset."""
    project = arn_member(request, "ProjectArn", PROJECT_ARN)
    kind = request.get("DatasetType")
    if kind not in TYPES:
        raise invalid_parameters()
    tags = tags_member(request)
    found = _entries(request.get("DatasetSource"), datasets, read_object)
    made = datasets.create(project, cast(DatasetType, kind), found, tags)
    return {"DatasetArn": made.arn}


def _entries(source: Any, datasets: ManifestDatasets, read_object: ReadObject) -> list[Entry]:
    """Returns the entries of the source; a dataset without one begins empty."""
    if source is None:
        return []
    if not isinstance(source, dict) or len(source) != 1:
        raise invalid_parameters()
    if "DatasetArn" in source:
        return datasets.named(arn_member(source, "DatasetArn", DATASET_ARN)).entries
    return read_manifest(source, read_object)


def read_manifest(member: Mapping[str, Any], read_object: ReadObject) -> list[Entry]:
    """Returns the entries of the manifest that the member GroundTruthManifest names.

    Raises ApiError InvalidParameterException or InvalidS3ObjectException.
    """
    manifest = member.get("GroundTruthManifest")
    if not isinstance(manifest, dict):
        raise invalid_parameters()
    data = object_member(manifest, read_object)
    if len(data) > MAX_MANIFEST_BYTES:
        raise ApiError("LimitExceededException", "A manifest has at most 1 GiB")
    try:
        return read_entries(data.decode())
    except UnicodeDecodeError as error:
        raise ApiError("InvalidParameterException", "The manifest is not UTF-8") from error


def describe_dataset(request: Request, datasets: ManifestDatasets) -> dict[str, Any]:
    found = datasets.named(arn_member(request, "DatasetArn", DATASET_ARN))
    return {"DatasetDescription": found.described(datasets.now)}


def list_dataset_entries(request: Request, datasets: ManifestDatasets) -> dict[str, Any]:
    """Returns one page of entries; the token is the number of the next entry."""
    found = datasets.named(arn_member(request, "DatasetArn", DATASET_ARN))
    if not found.is_ready(datasets.now):
        raise ApiError("ResourceNotReadyException", f"The dataset {found.arn} is not ready")
    most = whole_member(request, "MaxResults", minimum=1) or MAX_LISTED
    kept = _chosen(request, found.entries)
    first = _first(request, len(kept))
    shown = [entry.line for entry in kept[first : first + min(most, MAX_LISTED)]]
    after = first + len(shown)
    return {"DatasetEntries": shown} | ({"NextToken": str(after)} if after < len(kept) else {})


def _chosen(request: Request, found: list[Entry]) -> list[Entry]:
    labels = names_member(request, "ContainsLabels", maximum=10)
    wanted = {"Labeled": request.get("Labeled"), "HasErrors": request.get("HasErrors")}
    within = str(request.get("SourceRefContains", ""))
    return [
        entry
        for entry in found
        if (labels is None or set(labels) & set(entry.labels))
        and wanted["Labeled"] in (None, entry.is_labelled)
        and wanted["HasErrors"] in (None, bool(entry.error))
        and (not within or (entry.source is not None and within in entry.source.url))
    ]


def _first(request: Request, count: int) -> int:
    token = str(request.get("NextToken", "0"))
    if not token.isdecimal() or int(token) > count:
        raise ApiError("InvalidPaginationTokenException", "The token is not one that was given")
    return int(token)


def delete_dataset(request: Request, datasets: ManifestDatasets) -> dict[str, Any]:
    datasets.delete(arn_member(request, "DatasetArn", DATASET_ARN))
    return {}
