"""`tilescout model status` as tables and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.table import Table

from tilescout.pricing import PriceTable
from tilescout.runs.model_records import ModelInUse
from tilescout_cli.console import tables
from tilescout_cli.console.tables import moment
from tilescout_cli.console.terminal import counted, dollars
from tilescout_cli.models import costs
from tilescout_cli.models import status as model_status
from tilescout_cli.models.status import DAYS, LATEST_STARTS, ModelStatus


def facts(status: ModelStatus, now: int, prices: PriceTable, option: str) -> Table:
    """Returns a table with a name and a value per line; empty values are left out."""
    return tables.facts(
        [
            ("project", status.project),
            ("version in use", _in_use(status, option)),
            *[("on AWS", words) for words in _versions(status)],
            ("lease", model_status.holder(status.lease, now)),
            *_up(status),
            ("measured", _measured(status.in_use) if status.in_use else ""),
            *_starts(status, now, prices),
            (f"last {DAYS} days", _month(status)),
            ("waiting", _waiting(status)),
        ]
    )


def _in_use(status: ModelStatus, option: str) -> str:
    if status.in_use:
        return f"{status.in_use.version}, since {moment(status.in_use.used_since)}"
    command = f"tilescout model use VERSION --project {status.project} {option}"
    return f"none; activate one with `{command}`"


def _versions(status: ModelStatus) -> list[str]:
    words = [model_status.version_words(status, each) for each in status.versions]
    in_use = status.in_use
    if in_use and in_use.version_arn not in {each.arn for each in status.versions}:
        words.append(f"{in_use.version} is gone from its project; activate another version")
    return words


def _up(status: ModelStatus) -> list[tuple[str, object]]:
    if not status.lease.owned:
        return []
    started = moment(status.lease.start_requested_at)
    return [("started", started), ("price", status.bill)]


def _measured(model: ModelInUse) -> str:
    if not model.tiles_per_second_per_unit:
        return "nothing yet; the next run of enough tiles measures it"
    starting = f", starts in {costs.lasting(model.start_seconds)}" * bool(model.start_seconds)
    return f"{model.tiles_per_second_per_unit:.2f} tiles/s per unit{starting}"


def _starts(status: ModelStatus, now: int, prices: PriceTable) -> list[tuple[str, object]]:
    return [
        ("start", f"{moment(each.requested_at)}: {model_status.start_words(each, now, prices)}")
        for each in status.starts[:LATEST_STARTS]
    ]


def _month(status: ModelStatus) -> str:
    if not status.starts:
        return "no start"
    lasted = costs.lasting(status.month.seconds)
    return f"{counted(len(status.starts), 'start')}, {lasted}, {dollars(status.month.usd)}"


def _waiting(status: ModelStatus) -> str:
    return f"{counted(status.waiting, 'document')} WAITING_FOR_MODEL" if status.waiting else ""


def as_json(status: ModelStatus, now: int, prices: PriceTable) -> dict[str, Any]:
    lease = status.lease
    return {
        "project": status.project,
        "in_use": asdict(status.in_use) if status.in_use else None,
        "versions": [
            {"name": each.name, "owned": status.is_owned(each)} | asdict(each)
            for each in status.versions
        ],
        "lease": asdict(lease) | {"live": lease.is_live(now)},
        "bill": asdict(status.bill) if status.bill else None,
        "starts": [
            asdict(each) | {"usd": costs.total([each], 0, now, prices).usd}
            for each in status.starts
        ],
        "last_30_days": {"starts": len(status.starts), "usd": status.month.usd},
        "waiting_for_model": status.waiting,
    }
