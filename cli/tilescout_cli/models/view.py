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
from tilescout_cli.models import costs, status
from tilescout_cli.models.status import DAYS, LATEST_STARTS, ModelStanding


def facts(standing: ModelStanding, now: int, prices: PriceTable, option: str) -> Table:
    """Name and value a line; what is not so is left out."""
    return tables.facts(
        [
            ("project", standing.project),
            ("version in use", _in_use(standing, option)),
            *[("on AWS", words) for words in _versions(standing)],
            ("lease", status.holder(standing.lease, now)),
            *_up(standing),
            ("measured", _measured(standing.in_use) if standing.in_use else ""),
            *_starts(standing, now, prices),
            (f"last {DAYS} days", _month(standing)),
            ("waiting", _waiting(standing)),
        ]
    )


def _in_use(standing: ModelStanding, option: str) -> str:
    if standing.in_use:
        return f"{standing.in_use.version}, since {moment(standing.in_use.used_since)}"
    command = f"tilescout model use VERSION --project {standing.project} {option}"
    return f"none; put one to use with `{command}`"


def _versions(standing: ModelStanding) -> list[str]:
    words = [status.version_words(standing, each) for each in standing.versions]
    in_use = standing.in_use
    if in_use and in_use.version_arn not in {each.arn for each in standing.versions}:
        words.append(f"{in_use.version} is gone from its project; put another version to use")
    return words


def _up(standing: ModelStanding) -> list[tuple[str, object]]:
    if not standing.lease.owned:
        return []
    started = moment(standing.lease.start_requested_at)
    return [("started", started), ("price", standing.bill)]


def _measured(model: ModelInUse) -> str:
    if not model.tiles_per_second_per_unit:
        return "nothing yet; the next run of enough tiles measures it"
    starting = f", starts in {costs.lasting(model.start_seconds)}" * bool(model.start_seconds)
    return f"{model.tiles_per_second_per_unit:.2f} tiles/s of a unit{starting}"


def _starts(standing: ModelStanding, now: int, prices: PriceTable) -> list[tuple[str, object]]:
    return [
        ("start", f"{moment(each.requested_at)}: {status.start_words(each, now, prices)}")
        for each in standing.starts[:LATEST_STARTS]
    ]


def _month(standing: ModelStanding) -> str:
    if not standing.starts:
        return "no start"
    lasted = costs.lasting(standing.month.seconds)
    return f"{counted(len(standing.starts), 'start')}, {lasted}, {dollars(standing.month.usd)}"


def _waiting(standing: ModelStanding) -> str:
    return f"{counted(standing.waiting, 'document')} WAITING_FOR_MODEL" if standing.waiting else ""


def as_json(standing: ModelStanding, now: int, prices: PriceTable) -> dict[str, Any]:
    lease = standing.lease
    return {
        "project": standing.project,
        "in_use": asdict(standing.in_use) if standing.in_use else None,
        "versions": [
            {"name": each.name, "owned": standing.is_owned(each)} | asdict(each)
            for each in standing.versions
        ],
        "lease": asdict(lease) | {"live": lease.is_live(now)},
        "bill": asdict(standing.bill) if standing.bill else None,
        "starts": [
            asdict(each) | {"usd": costs.total([each], 0, now, prices).usd}
            for each in standing.starts
        ],
        "last_30_days": {"starts": len(standing.starts), "usd": standing.month.usd},
        "waiting_for_model": standing.waiting,
    }
