"""The status of a project of detector onnx: its active version, those stored, who waits."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

from tilescout.aws.detectors import onnx_store
from tilescout.aws.tables import document_table, lease_table, model_table
from tilescout.runs.lease_rules import Lease
from tilescout.runs.model_records import ModelInUse, version_name
from tilescout_cli.console import tables
from tilescout_cli.console.tables import moment
from tilescout_cli.console.terminal import counted
from tilescout_cli.models import status as model_status
from tilescout_cli.stack.target import Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxStatus:
    """The status of a project; ``versions`` has a name for each file promoted under it."""

    project: str
    in_use: ModelInUse | None
    versions: tuple[str, ...]
    lease: Lease
    waiting: int


def look(stack: Stack, project: str) -> OnnxStatus:
    """Reads the ledger, the models bucket and the documents that wait."""
    stored = onnx_store.versions(stack.clients.s3, stack.models_bucket, project)
    waiting = document_table.with_status(stack.documents, "WAITING_FOR_MODEL", project)
    return OnnxStatus(
        project=project,
        in_use=model_table.in_use(stack.ledger, project),
        versions=tuple(sorted(map(version_name, stored))),
        lease=lease_table.read(stack.ledger, project),
        waiting=sum(1 for _ in waiting),
    )


def facts(status: OnnxStatus, now: int, option: str) -> Table:
    """Returns a table with a name and a value per line; empty values are left out."""
    counts = Counter(status.versions).items()
    named = [name if count == 1 else f"{name} ({count} files)" for name, count in counts]
    waiting = f"{counted(status.waiting, 'document')} WAITING_FOR_MODEL" * bool(status.waiting)
    return tables.facts(
        [
            ("project", f"{status.project} (onnx, nothing to start)"),
            ("version in use", _in_use(status, option)),
            ("promoted", ", ".join(named)),
            ("lease", model_status.holder(status.lease, now)),
            ("waiting", waiting),
        ]
    )


def _in_use(status: OnnxStatus, option: str) -> str:
    model = status.in_use
    if model is None:
        command = f"tilescout onnx promote FILE --project {status.project} {option}"
        return f"none; activate one with `{command}`"
    gone = "" if model.version in status.versions else "; its file is gone, promote it again"
    return f"{model.version}, since {moment(model.used_since)}{gone}"


def as_json(status: OnnxStatus, now: int) -> dict[str, Any]:
    lease = status.lease
    return {
        "project": status.project,
        "in_use": asdict(status.in_use) if status.in_use else None,
        "versions": list(status.versions),
        "lease": asdict(lease) | {"live": lease.is_live(now)},
        "waiting_for_model": status.waiting,
    }
