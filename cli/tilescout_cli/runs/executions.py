"""Starting detection runs, and knowing whether one is at work for a model."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import typer

from tilescout_cli.console import terminal
from tilescout_cli.console.failures import CommandFailed
from tilescout_cli.documents import lookup
from tilescout_cli.stack import cdk_profiles
from tilescout_cli.stack.target import Stack

FIRST_PAUSE = 4.0
MAX_PAUSE = 30.0
"""Seconds between two starts for one model, doubled each time: a run that finds the lease held
ends at once, but is not free."""
MAX_FAILURES = 3
MAX_LISTED_RUNS = 20


@dataclass(slots=True)
class StartedRuns:
    """The executions that this command started, so that it can stop them."""

    stack: Stack
    reason: str
    tell: Callable[[str], None]
    latest: dict[str, str] = field(default_factory=dict)
    pause: dict[str, float] = field(default_factory=dict)
    not_before: dict[str, float] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)

    def ensure(self, model: str, now: float) -> None:
        """Starts a run unless one works for ``model``.

        Raises CommandFailed after three of these runs failed.
        """
        if now < self.not_before.get(model, now) or self._is_at_work(model):
            return
        before = self._ended_with(model)
        self.latest[model] = start(self.stack, model, self.reason)
        self.pause[model] = min(MAX_PAUSE, 2 * self.pause.get(model, FIRST_PAUSE))
        self.not_before[model] = now + self.pause[model]
        name = self.latest[model].rsplit(":", 1)[-1]
        another = f"{before}; started another run" if before else "started a run"
        self.tell(f"{another} for {model}: {name}")

    def stop(self) -> int:
        """Stops the executions of this stack that still run; returns how many."""
        stopped = 0
        for arn in self.latest.values():
            states = self.stack.clients.step_functions
            if states.describe_execution(executionArn=arn)["status"] == "RUNNING":
                states.stop_execution(executionArn=arn, cause="the person who started it left")
                stopped += 1
        return stopped

    def _is_at_work(self, model: str) -> bool:
        arn = self.latest.get(model)
        if arn:
            execution = self.stack.clients.step_functions.describe_execution(executionArn=arn)
            if execution["status"] == "RUNNING":
                return True
            if execution["status"] != "SUCCEEDED":
                self._count_failure(model, f"{execution['status']}: {execution.get('cause', '')}")
        return model in models_at_work(self.stack)

    def _ended_with(self, model: str) -> str:
        """Returns why the last run for the model ended, in words; empty where there was none."""
        arn = self.latest.get(model)
        if arn is None:
            return ""
        execution = self.stack.clients.step_functions.describe_execution(executionArn=arn)
        if execution["status"] != "SUCCEEDED":
            return f"the last run is {execution['status']}"
        run = json.loads(execution.get("output", "{}")).get("run", {})
        reason = run.get("finished") or "nothing was due, or another run holds the lease"
        return f"the last run ended: {reason}"

    def _count_failure(self, model: str, why: str) -> None:
        self.failures[model] = self.failures.get(model, 0) + 1
        self.tell(f"the run for {model} ended {' '.join(why.split())[:300]}")
        if self.failures[model] >= MAX_FAILURES:
            raise CommandFailed(
                f"{MAX_FAILURES} runs for {model} failed, the last is {self.latest[model]}; its "
                "history says which step and why"
            )


def start(stack: Stack, model: str, reason: str) -> str:
    """Returns the ARN of a new run; it ends at once where nothing is due or another run holds the
    lease.

    It waits for no more work to come, as a scheduled one may (``start_when``).
    """
    answer = stack.clients.step_functions.start_execution(
        stateMachineArn=stack.detection_run,
        input=json.dumps({"model": model, "reason": reason, "at_once": True}),
    )
    return answer["executionArn"]


def models_at_work(stack: Stack) -> set[str]:
    """Returns the models that a running execution was started for."""
    states = stack.clients.step_functions
    running = states.list_executions(
        stateMachineArn=stack.detection_run, statusFilter="RUNNING", maxResults=MAX_LISTED_RUNS
    )
    described = (
        states.describe_execution(executionArn=each["executionArn"])
        for each in running["executions"]
    )
    return {json.loads(each.get("input", "{}")).get("model", "") for each in described}


def start_now(stack: Stack, *, model: str | None, profile: str | None, as_json: bool) -> None:
    """Starts a run for the model, for that of the profile, or for each with queued documents."""
    started = {name: start(stack, name, "start") for name in _models(stack, model, profile)}
    if as_json:
        terminal.print_json([{"model": name, "execution": arn} for name, arn in started.items()])
        return
    for name, arn in started.items():
        typer.echo(f"{name}: {arn}")
    if not started:
        terminal.say("nothing is queued, so nothing was started")


def _models(stack: Stack, model: str | None, profile: str | None) -> list[str]:
    if model:
        return [model]
    if profile:
        return [cdk_profiles.read().named(profile).model]
    queued = (each for each in lookup.every(stack) if each.status == "QUEUED")
    return sorted({each.profile.model for each in queued})
