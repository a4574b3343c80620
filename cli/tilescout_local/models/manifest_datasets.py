"""The datasets of Custom Labels projects, at most one of each type per project."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from tilescout_local.errors import ApiError
from tilescout_local.models.manifest_entries import Entry, labels_of
from tilescout_local.models.registry import ModelRegistry

DatasetType = Literal["TRAIN", "TEST"]
TYPES: tuple[DatasetType, ...] = get_args(DatasetType)
CREATE_SECONDS, DELETE_SECONDS = 1.0, 1.0


@dataclass(slots=True, kw_only=True)
class ManifestDataset:
    """A dataset; ``deleted_at`` is None until its deletion, and a moment later the dataset is
    gone."""

    arn: str
    project_arn: str
    type: DatasetType
    created_at: float
    entries: list[Entry]
    tags: Mapping[str, str]
    deleted_at: float | None = None

    def status(self, now: float) -> tuple[str, str, str]:
        """Returns status, message and the message's code."""
        if self.deleted_at is not None:
            return "DELETE_IN_PROGRESS", "The dataset is being deleted.", "SUCCESS"
        if now < self.created_at + CREATE_SECONDS:
            return "CREATE_IN_PROGRESS", "The dataset is being created.", "SUCCESS"
        if self.entries and all(entry.error for entry in self.entries):
            return "CREATE_FAILED", "The manifest file contents are invalid.", "CLIENT_ERROR"
        return "CREATE_COMPLETE", "The dataset is ready.", "SUCCESS"

    def is_ready(self, now: float) -> bool:
        return self.status(now)[0] == "CREATE_COMPLETE"

    def described(self, now: float) -> dict[str, Any]:
        status, message, code = self.status(now)
        return {
            "CreationTimestamp": self.created_at,
            "LastUpdatedTimestamp": self.created_at,
            "Status": status,
            "StatusMessage": message,
            "StatusMessageCode": code,
            "DatasetStats": {
                "LabeledEntries": sum(entry.is_labelled for entry in self.entries),
                "TotalEntries": len(self.entries),
                "TotalLabels": len(labels_of(self.entries)),
                "ErrorEntries": sum(bool(entry.error) for entry in self.entries),
            },
        }

    def listed(self, now: float) -> dict[str, Any]:
        """Returns the dataset as DescribeProjects lists it."""
        status, message, code = self.status(now)
        return {
            "CreationTimestamp": self.created_at,
            "DatasetType": self.type,
            "DatasetArn": self.arn,
            "Status": status,
            "StatusMessage": message,
            "StatusMessageCode": code,
        }


class ManifestDatasets:
    """The datasets of all projects, safe for the threads of the server; times are those of
    ``clock``."""

    def __init__(self, registry: ModelRegistry, clock: Callable[[], float]) -> None:
        self._registry, self._clock = registry, clock
        self._by_arn: dict[str, ManifestDataset] = {}
        self._lock = threading.RLock()

    @property
    def now(self) -> float:
        return self._clock()

    def create(
        self, project_arn: str, kind: DatasetType, found: list[Entry], tags: Mapping[str, str]
    ) -> ManifestDataset:
        """Creates a dataset.

        Raises ApiError ResourceNotFoundException or ResourceAlreadyExistsException.
        """
        with self._lock:
            project = self._registry.project(project_arn)
            if kind in self.of(project_arn):
                raise ApiError(
                    "ResourceAlreadyExistsException",
                    f"The project {project.name} has a {kind} dataset already",
                )
            now = self._clock()
            head = project_arn.rpartition("/")[0]
            arn = f"{head}/dataset/{kind.lower()}/{now * 1000:.0f}"
            self._by_arn[arn] = ManifestDataset(
                arn=arn, project_arn=project_arn, type=kind, created_at=now, entries=found,
                tags=dict(tags),
            )  # fmt: skip
            return self._by_arn[arn]

    def named(self, arn: str) -> ManifestDataset:
        """Returns the dataset with the ARN. Raises ApiError ResourceNotFoundException."""
        with self._lock:
            self._forget_deleted()
            if arn not in self._by_arn:
                raise ApiError("ResourceNotFoundException", f"No dataset {arn}")
            return self._by_arn[arn]

    def of(self, project_arn: str) -> dict[str, ManifestDataset]:
        """Returns the datasets of a project by their type."""
        with self._lock:
            self._forget_deleted()
            found = [
                dataset for dataset in self._by_arn.values() if dataset.project_arn == project_arn
            ]
            return {dataset.type: dataset for dataset in found}

    def delete(self, arn: str) -> None:
        """Begins to delete a dataset.

        Raises ApiError ResourceNotFoundException, or ResourceInUseException while a version of the
        project is in training.
        """
        with self._lock:
            dataset = self.named(arn)
            if any(version.in_training for version in self._registry.versions(dataset.project_arn)):
                raise ApiError(
                    "ResourceInUseException", f"The dataset {arn} is in use by a training"
                )
            if dataset.deleted_at is None:
                dataset.deleted_at = self._clock()

    def _forget_deleted(self) -> None:
        now = self._clock()
        for arn, dataset in list(self._by_arn.items()):
            if dataset.deleted_at is not None and now >= dataset.deleted_at + DELETE_SECONDS:
                del self._by_arn[arn]
