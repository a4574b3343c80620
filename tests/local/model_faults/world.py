"""The deployed stack with Custom Labels models of its own, on a clock that runs fast."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pymupdf

from tests.local.contract import eventually
from tests.local.drawings import content
from tests.local.roles import hold_against_roles
from tests.local.system import PATIENCE, Configuration, System, synthesised
from tilescout.aws.tables import lease_table
from tilescout.runs.lease_rules import Lease
from tilescout_cli.models import activation
from tilescout_cli.stack import target
from tilescout_local.deployment.deploy import deploy
from tilescout_local.embedded_aws import start

CLOCK_SCALE = 20.0
"""The seconds of the protocol that pass in one real second."""
VERSION = "v1"
ALONE, SHARING = "solid-rectangles", "shared-solid-rectangles"
"""The model projects; the second's profile also uses a model that somebody else started."""
START_SECONDS, STOP_SECONDS = 20.0, 10.0
START_MINUTES = 5
"""The smallest value that a profile may set for a start."""

RUN_SECONDS = 43_200
"""The workflow's own limit."""

SIDE = 16
SQUARES = (
    # One in the middle of each of the twelve tiles,
    *((104 + 224 * column, 104 + 224 * row) for row in range(3) for column in range(4)),
    # two that two tiles see whole, and one that is cut by the edge of its neighbour.
    (232, 40),
    (40, 456),
    (664, 330),
)
"""Left and top of each black square in points, which are pixels at 72 dpi."""
TILES = 12


def configure(configuration: Configuration) -> None:
    """Sets one profile per project, with tiles of 256 px and 32 px of overlap."""
    # Each case sends the same sheet, and its model must be asked each time.
    profile = {
        "reuse": False,
        "detector": "custom-labels",
        "dpi": 72,
        "tile_size": 256,
        "overlap": 32,
        "start_minutes": START_MINUTES,
        "schedule": "rate(1 hour)",
    }
    configuration["profiles"] = {
        ALONE: profile | {"model_project": ALONE, "default": True},
        SHARING: profile | {"model_project": SHARING, "use_running_model": True},
    }


def sheet() -> bytes:
    """Returns a page of twelve tiles, none of them blank."""
    document = pymupdf.open()
    page = document.new_page(width=928, height=704)
    for left, top in SQUARES:
        page.draw_rect((left, top, left + SIDE, top + SIDE), color=None, fill=(0, 0, 0))
    return content(document)


@dataclass(slots=True)
class World:
    """The deployed ``system`` with both projects' versions in use; all times are emulated ones.

    ``began_at`` is when the current case began. ``arns`` are looked up once.
    """

    system: System
    began_at: float = 0.0
    arns: dict[str, str] = field(default_factory=dict)

    def now(self) -> float:
        return self.system.aws.now()

    def arn(self, project: str) -> str:
        if project not in self.arns:
            self.arns[project] = str(self.model(project)["arn"])
        return self.arns[project]

    def model(self, project: str) -> dict[str, Any]:
        (found,) = [row for row in self.system.aws.models() if row["project"] == project]
        return found

    def meter(self, project: str) -> dict[str, Any]:
        return self.system.aws.model_meter()[self.arn(project)]

    def lease(self, project: str) -> Lease:
        return lease_table.read(self.system.stack.ledger, project)

    def is_down(self, project: str) -> bool:
        """Tells whether nothing is paid and nobody believes otherwise."""
        paid = self.meter(project)["paid"]
        return not self.lease(project).owned and all(span["ended"] is not None for span in paid)

    def start_by_hand(self, project: str) -> None:
        rekognition = self.system.aws.client("rekognition")
        rekognition.start_project_version(ProjectVersionArn=self.arn(project), MinInferenceUnits=1)

    def stop_by_hand(self, project: str) -> None:
        rekognition = self.system.aws.client("rekognition")
        rekognition.stop_project_version(ProjectVersionArn=self.arn(project))

    def turn_guard(self, *, on: bool) -> None:
        """Enables or disables the rule that runs the guard every minute."""
        events = self.system.aws.client("events")
        (rule,) = [rule for rule in events.list_rules()["Rules"] if "ScheduleExpression" in rule]
        (events.enable_rule if on else events.disable_rule)(Name=rule["Name"])

    def limit_runs(self, seconds: int) -> None:
        """Sets the time that the workflow allows an execution that starts from now on."""
        states, arn = self.system.stack.clients.step_functions, self.system.stack.detection_run
        definition = json.loads(states.describe_state_machine(stateMachineArn=arn)["definition"])
        states.update_state_machine(
            stateMachineArn=arn, definition=json.dumps(definition | {"TimeoutSeconds": seconds})
        )

    def fresh(self, project: str) -> None:
        """Leaves no fault, no other model, nothing counted, and the model as it was trained."""
        aws = self.system.aws
        aws.clear_faults()
        self.turn_guard(on=True)
        self.limit_runs(RUN_SECONDS)
        for row in aws.models():
            if row["project"] not in (ALONE, SHARING) and row["status"] == "RUNNING":
                aws.set_model(row["arn"], status="STOPPED")
        aws.set_model(
            self.arn(project), status="STOPPED", start_delay=START_SECONDS, stop_delay=STOP_SECONDS,
            stop_while_starting="accepted", next_start="RUNNING", detector="solid-rectangles",
            tiles_per_second_per_unit=50,
        )  # fmt: skip
        eventually(lambda: self.is_idle(project), PATIENCE)
        self._warm(project)
        aws.clear_faults()
        aws.reset_model_meter()
        aws.reset_meter()
        self.began_at = self.now()

    def is_idle(self, project: str) -> bool:
        return self.is_down(project) and self.lease(project).is_free(int(self.now()))

    def _warm(self, project: str) -> None:
        """Brings both processes of each control function up, as a start would take minutes of the
        fast clock.

        The calls are held for a moment, so that the second one does not go to the first's process.
        """
        nothing_due = {"step": "OpenRun", "run": {"model": project, "execution": "warm"}}
        self.system.aws.inject_fault(
            service="dynamodb", operation="Query", times=4, delay_seconds=0.4
        )
        self._invoke("advance_run", nothing_due, 2)
        self._invoke("detect_tile", {"Records": []}, 3)

    def _invoke(self, name: str, event: dict[str, Any], times: int) -> None:
        function, payload = self.system.function(name), json.dumps(event)

        def invoke(_: int) -> None:
            client = self.system.aws.client("lambda")
            client.invoke(FunctionName=function, Payload=payload)

        with ThreadPoolExecutor(times) as threads:
            list(threads.map(invoke, range(times)))


@contextmanager
def world(folder: Path, clock_scale: float = CLOCK_SCALE) -> Iterator[World]:
    """Deploys with schedules off and the guard on; the deployment ends with the context."""
    assembly = synthesised(folder / "assembly", configure)
    with start(folder / "aws", clock_scale=clock_scale) as aws:
        for project in (ALONE, SHARING):
            aws.add_model(f"{project}/{VERSION}", detector="solid-rectangles")
        deploy(aws, assembly)
        stack = target.of_embedded(aws)
        system = System(aws, stack)
        system.turn_schedules("DISABLED")
        for project in (ALONE, SHARING):
            activation.activate(stack, project, VERSION)
        yield World(system)
        hold_against_roles(aws)
