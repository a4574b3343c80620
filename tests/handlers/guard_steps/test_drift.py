"""Once per day the guard tells of profiles whose drawings have changed."""

from __future__ import annotations

from dataclasses import replace

from tests.handlers import served_model
from tests.handlers.account import Account
from tests.handlers.between import announced
from tests.handlers.runs import clock
from tests.unit.tilescout.drift.sheets import drawn
from tilescout.aws.tables import figures_table

MIDNIGHT = 1_799_971_200
HOUR = 3600
DAY = 24 * HOUR


def keep(account: Account, version: str, *, mean: float, days_ago: int, count: int = 40) -> None:
    """Figures of sheets that the version read on one day."""
    for number, sheet in enumerate(drawn(count, mean, seed=days_ago)):
        at = MIDNIGHT - days_ago * DAY + number
        kept = replace(
            sheet,
            profile="served",
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
