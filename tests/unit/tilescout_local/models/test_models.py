"""The life cycle, the rate and the price of the embedded AWS' Custom Labels models."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from tilescout_local.errors import ApiError
from tilescout_local.models import model_overrides
from tilescout_local.models.registry import ModelRegistry, add_sample_model
from tilescout_local.models.throughput import TokenBucket
from tilescout_local.models.version import Behaviour, Status
from tilescout_local.processes.scaled_clock import ScaledClock

MODEL = "sample-symbols/v1"


class Clock:
    """A clock that stands until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


class Account:
    """A registry with the sample model, which takes 600 s to start and 60 s to stop."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.registry = ModelRegistry(self.clock, region="eu-west-1", account="123456789012")
        add_sample_model(self.registry)
        self.arn = self.set(start_delay=600.0, stop_delay=60.0)["arn"]

    def after(self, seconds: float) -> Status:
        self.clock.now += seconds
        return self.status()

    def status(self) -> Status:
        row = next(row for row in self.registry.rows() if row["arn"] == self.arn)
        status: Status = row["status"]
        return status

    def set(self, **behaviour: Any) -> dict[str, Any]:
        return self.registry.change(MODEL, behaviour)

    def force(self, status: Status, units: int = 1) -> None:
        self.registry.force(MODEL, status, "", units)

    def start(self, units: int = 1, arn: str | None = None) -> str:
        return outcome(lambda: self.registry.start(arn or self.arn, units, None))

    def stop(self) -> str:
        return outcome(lambda: self.registry.stop(self.arn))

    def ask(self) -> str:
        return outcome(lambda: self.registry.admit(self.arn))

    def meter(self) -> dict[str, Any]:
        return self.registry.meters()[self.arn]


def outcome(call: Any) -> str:
    try:
        return str(call())
    except ApiError as error:
        return error.code


@pytest.fixture
def account() -> Account:
    return Account()


def test_a_model_starts_runs_and_stops_in_its_own_time(account: Account) -> None:
    assert account.status() == "TRAINING_COMPLETED"
    assert account.start() == "STARTING"
    assert [account.after(599), account.after(1)] == ["STARTING", "RUNNING"]
    assert account.stop() == "STOPPING"
    assert [account.after(59), account.after(1)] == ["STOPPING", "STOPPED"]


def test_a_stop_while_starting_is_accepted_or_refused_as_set(account: Account) -> None:
    account.set(stop_while_starting="refused")
    account.start()
    assert account.stop() == "ResourceInUseException"
    account.set(stop_while_starting="accepted")
    assert account.stop() == "STOPPING"
    assert account.after(600) == "STOPPED"


def test_a_start_that_is_to_fail_fails_once(account: Account) -> None:
    account.set(next_start="FAILED")
    account.start()
    assert account.after(600) == "FAILED"
    account.start()
    assert account.after(600) == "RUNNING"


def test_a_stuck_start_stays_until_it_is_stopped(account: Account) -> None:
    account.set(next_start="STUCK")
    account.start()
    assert account.after(1e6) == "STARTING"
    account.stop()
    assert account.after(60) == "STOPPED"


@pytest.mark.parametrize("status", get_args(Status))
def test_only_what_is_trained_and_down_starts(account: Account, status: Status) -> None:
    account.force(status)
    may = status in ("TRAINING_COMPLETED", "COPYING_COMPLETED", "STOPPED", "FAILED")
    assert account.start() == ("STARTING" if may else "ResourceInUseException")


@pytest.mark.parametrize("status", get_args(Status))
def test_only_what_is_up_stops_and_only_what_runs_answers(account: Account, status: Status) -> None:
    account.force(status)
    assert account.ask() == ("symbols" if status == "RUNNING" else "ResourceNotReadyException")
    may = status in ("STARTING", "RUNNING")
    assert account.stop() == ("STOPPING" if may else "ResourceInUseException")


def test_an_account_has_two_models_up_at_once(account: Account) -> None:
    others = [account.registry.add_version(f"other/{n}", Behaviour()).arn for n in (1, 2)]
    assert [account.start(arn=arn) for arn in others] == ["STARTING", "STARTING"]
    assert account.start() == "LimitExceededException"
    account.registry.force("other/1", "STOPPED", "", 1)
    assert account.start() == "STARTING"


def test_a_model_has_five_units_at_most(account: Account) -> None:
    assert account.start(units=6) == "LimitExceededException"
    assert account.start(units=5) == "STARTING"


def test_it_costs_from_the_start_call_until_it_is_stopped(account: Account) -> None:
    account.start(units=2)
    account.after(600)
    account.stop()
    account.after(1000)

    meter = account.meter()

    began = 1_700_000_000.0
    assert meter["paid"] == [{"started": began, "units": 2, "ended": began + 660}]
    assert (meter["seconds"], meter["unit_seconds"]) == (660, 1320)
    assert meter["usd"] == pytest.approx(1320 / 3600 * 4)


def test_a_failed_start_costs_until_it_failed(account: Account) -> None:
    account.set(next_start="FAILED")
    account.start()
    account.after(10_000)
    assert account.meter()["seconds"] == 600


def test_a_model_that_is_up_has_cost_until_now(account: Account) -> None:
    account.start()
    account.after(30)
    assert account.meter()["paid"][0]["ended"] is None
    assert account.meter()["seconds"] == 30


@pytest.mark.parametrize("status", ["STOPPED", "EXPIRED", "FAILED", "DELETING"])
def test_what_ends_it_from_outside_ends_its_price(account: Account, status: Status) -> None:
    account.start()
    account.after(100)
    account.force(status)
    account.after(900)
    assert account.meter()["seconds"] == 100


def test_what_is_forced_up_costs_with_its_units(account: Account) -> None:
    account.force("RUNNING", units=3)
    account.after(10)
    assert account.meter()["unit_seconds"] == 30


def test_a_reset_meter_forgets_all_but_what_is_open(account: Account) -> None:
    account.start()
    account.after(100)
    account.registry.reset_meters()
    account.after(5)
    assert (account.meter()["seconds"], account.meter()["control"]) == (5, [])


def test_the_meter_tells_every_start_and_stop_with_its_outcome(account: Account) -> None:
    account.start()
    account.start()
    account.after(600)
    account.stop()
    calls = [(call["call"], call["outcome"]) for call in account.meter()["control"]]
    assert calls == [
        ("StartProjectVersion", "STARTING"),
        ("StartProjectVersion", "ResourceInUseException"),
        ("StopProjectVersion", "STOPPING"),
    ]


def test_each_unit_lets_through_so_many_tiles_a_second(account: Account) -> None:
    account.set(tiles_per_second_per_unit=1.5)
    account.force("RUNNING", units=2)
    asked = []
    for _ in range(40):
        asked.append(account.ask())
        account.clock.now += 0.25
    assert asked.count("symbols") == pytest.approx(10 * 3 + 2, abs=1)
    meter = account.meter()
    assert meter["throttled"] == asked.count("ProvisionedThroughputExceededException")


def test_an_account_asks_fifty_times_a_second(account: Account) -> None:
    account.set(tiles_per_second_per_unit=100.0)
    account.force("RUNNING")
    asked = [account.ask() for _ in range(60)]
    assert asked == ["symbols"] * 50 + ["ThrottlingException"] * 10


def test_a_caller_at_the_very_rate_is_never_refused() -> None:
    bucket = TokenBucket()
    assert all(bucket.take(number / 2.8, 2.8) for number in range(1000))


def test_a_call_while_it_is_down_is_counted(account: Account) -> None:
    account.ask()
    account.force("RUNNING")
    account.ask()
    account.registry.answered(account.arn)
    meter = account.meter()
    assert (meter["not_ready"], meter["answered"]) == (1, 1)
    assert meter["last_answered"] == account.clock.now


def test_arns_are_of_the_real_form(account: Account) -> None:
    (project,) = account.registry.projects()
    head = "arn:aws:rekognition:eu-west-1:123456789012:project/sample-symbols"
    assert project.arn == f"{head}/1700000000000"
    assert account.arn == f"{head}/version/v1/1700000000000"


def test_an_order_changes_what_it_names_and_forces_a_status(account: Account) -> None:
    body = b'{"model": "sample-symbols/v1", "stop_delay": 7, "status": "RUNNING", "units": 4}'
    row = model_overrides.change(account.registry, body)
    shown = {name: row[name] for name in ("start_delay", "stop_delay", "status", "units")}
    assert shown == {"start_delay": 600.0, "stop_delay": 7.0, "status": "RUNNING", "units": 4}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"model": "sample-symbols/v9"}', "no model sample-symbols/v9"),
        (b'{"model": "sample-symbols/v1", "stop": 7}', "stop"),
        (b'{"model": "sample-symbols/v1", "status": "UP"}', "status"),
    ],
)
def test_an_order_that_cannot_be_met_is_refused(account: Account, body: bytes, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        model_overrides.change(account.registry, body)


def test_a_scaled_clock_agrees_at_its_origin_and_runs_faster(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tilescout_local.processes.scaled_clock._real", lambda: 1003.0)
    assert ScaledClock(1000.0, 20.0).now() == 1060.0
    assert ScaledClock(1000.0, 1.0).now() == 1003.0
