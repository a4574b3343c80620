"""Once per day the guard tells of profiles whose drawings have changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.handlers import served_model
from tests.handlers.account import Account
from tests.handlers.between import announced, bus_refuses
from tests.handlers.runs import clock
from tests.unit.tilescout.drift.sheets import drawn
from tilescout.aws.tables import figures_table
from tilescout.errors import EventNotSent

MIDNIGHT = 1_799_971_200
HOUR = 3600
DAY = 24 * HOUR


def keep(
    account: Account, version: str, *, mean: float, days_ago: int, profile: str = "served"
) -> None:
    """Figures of sheets that the version read on one day."""
    for number, sheet in enumerate(drawn(40, mean, seed=days_ago)):
        at = MIDNIGHT - days_ago * DAY + number
        kept = replace(
            sheet,
            profile=profile,
            version=version,
            at=at,
            document_id=f"{days_ago}-{number}",
        )
        figures_table.write(account.ledger, kept, at)


def drifted(account: Account, at: int = MIDNIGHT) -> int:
    with clock(at):
        return int(account.call("guard", {}, 30)["drifted"])


def test_a_lower_confidence_of_the_last_days_is_told_at_midnight(account: Account) -> None:
    version = served_model.promote(account)
    keep(account, version, mean=85, days_ago=9)
    keep(account, version, mean=70, days_ago=1)
    with announced() as told:
        assert drifted(account) == 1
        assert drifted(account, at=MIDNIGHT + HOUR) == 0
    [event] = told
    assert (event["profile"], event["figures"]) == ("served", "confidence")


def test_drawings_as_before_are_not_told(account: Account) -> None:
    version = served_model.promote(account)
    keep(account, version, mean=85, days_ago=9)
    keep(account, version, mean=85, days_ago=1)
    assert drifted(account) == 0


def test_another_version_has_a_baseline_of_its_own(account: Account) -> None:
    keep(account, "models/plant/version/v0/1", mean=85, days_ago=9)
    version = served_model.promote(account)
    keep(account, version, mean=70, days_ago=1)
    assert drifted(account) == 0


def test_without_a_version_in_use_nothing_is_compared(account: Account) -> None:
    keep(account, "", mean=85, days_ago=9)
    keep(account, "", mean=70, days_ago=1)
    assert drifted(account) == 0


def changed(account: Account, profile: str, project: str) -> None:
    """The profile's version read other drawings of late."""
    version = f"models/{project}/version/v1/1"
    served_model.put_to_use(account, version, project)
    keep(account, version, mean=85, days_ago=9, profile=profile)
    keep(account, version, mean=70, days_ago=1, profile=profile)


def test_a_refused_event_keeps_no_other_profile_from_being_told(account: Account) -> None:
    changed(account, "served", "plant")
    changed(account, "like", "receptacles")
    refused = "the event bus refused DrawingsChanged: InternalFailure; the next day's look sends it"
    with (
        announced() as told,
        bus_refuses("served"),
        pytest.raises(EventNotSent, match=refused),
    ):
        drifted(account)
    assert [event["profile"] for event in told] == ["served", "like"]


def test_a_refused_event_is_sent_by_the_look_of_the_next_day(account: Account) -> None:
    changed(account, "served", "plant")
    with bus_refuses("served"), pytest.raises(EventNotSent):
        drifted(account)
    with announced() as told:
        assert drifted(account, at=MIDNIGHT + DAY) == 1
    assert [event["profile"] for event in told] == ["served"]
