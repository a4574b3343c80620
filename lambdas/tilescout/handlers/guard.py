"""Lambda function, every minute: stops models without a live run, and moves documents that are
stuck, or holds them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tilescout.aws.tables import document_table, lease_table
from tilescout.errors import LeaseLost, RunNotDescribed
from tilescout.handlers import runtime, settings
from tilescout.handlers.guard_steps import drift
from tilescout.handlers.guard_steps.documents import WATCHED, DocumentGuard
from tilescout.handlers.guard_steps.models import ModelGuard
from tilescout.handlers.guard_steps.runs import RunGuard
from tilescout.runs.guard_duties import guard_order
from tilescout.runs.lease_rules import Lease

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SETTINGS = settings.read(settings.GuardSettings)
CONFIGURATION = settings.configuration(SETTINGS.profiles_file)
SWEEP_SECONDS = 15 * 60
SECONDS_TO_SPARE = 8
"""With less time left the rest of the work is done a minute later."""

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Returns how much was done: leases revoked, runs started, documents held or moved.

    ``drifted`` counts the profiles whose drawings have changed, once per day.
    """
    now = runtime.now()

    def has_time() -> bool:
        return context.get_remaining_time_in_millis() >= 1000 * SECONDS_TO_SPARE

    is_due = event.get("sweep") or is_sweep_due(now)
    # This comes first, whatever becomes of the rest: a model costs money per minute.
    leases, watched = watch_models(now, context.aws_request_id)
    guard = document_guard(now, has_time)
    done = {
        "revoked": watched["revoked"],
        "stopping": watched["stopping"],
        "stopped": watched["stopped"],
        "queued": guard.queue_waiting(versioned()),
        "accepted_late": guard.sweep_objects() if is_due else 0,
        "held": guard.hold_abandoned(),
        "resent": guard.move_stuck(),
        "finished": guard.finish_ended() if is_due else 0,
    }
    note_above_zero("DocumentsHeld", MetricUnit.Count, guard.held())
    note_above_zero("OldestDueSeconds", MetricUnit.Seconds, guard.oldest_due_seconds())
    # An error here is the guard's, and an alarm tells; all else is done by then.
    try:
        done["drifted"] = drifted(guard) if drift.is_due(now) else 0
    finally:
        done["started"] = start_runs(leases, guard)
    logger.info("guard finished", extra=done)
    return done


def drifted(guard: DocumentGuard) -> int:
    """Returns how many profiles read drawings that have changed."""
    watch = drift.DriftGuard(
        ledger=guard.ledger,
        events=guard.events,
        machine=SETTINGS.detection_run_arn,
        now=guard.now,
        has_time=guard.has_time,
    )
    return watch.drifted(CONFIGURATION.profiles)


def note_above_zero(name: str, unit: MetricUnit, value: float) -> None:
    """Notes a metric unless it is 0: a custom metric costs by the hours in which it is written."""
    if value > 0:
        metrics.add_metric(name, unit, value)


def start_runs(leases: list[Lease], guard: DocumentGuard) -> int:
    """Starts the runs that are due and have no schedule; returns how many."""
    if not guard.present & {"QUEUED", "RUNNING"}:
        return 0
    starter = RunGuard(
        documents=guard.documents,
        ledger=guard.ledger,
        step_functions=runtime.step_functions(),
        machine=SETTINGS.detection_run_arn,
        configuration=CONFIGURATION,
        now=guard.now,
        has_time=guard.has_time,
    )
    return starter.start_due(leases)


def document_guard(now: int, has_time: Callable[[], bool]) -> DocumentGuard:
    documents = runtime.table(SETTINGS.documents_table)
    return DocumentGuard(
        documents=documents,
        present=document_table.present(documents, WATCHED),
        ledger=runtime.table(SETTINGS.ledger_table),
        sqs=runtime.sqs(),
        s3=runtime.s3(),
        events=runtime.events(),
        settings=SETTINGS,
        models=tuple(sorted({profile.model for profile in CONFIGURATION.profiles})),
        now=now,
        has_time=has_time,
    )


def projects() -> list[str]:
    """Returns the projects whose models are started."""
    return sorted(
        {profile.model_project for profile in CONFIGURATION.profiles if profile.needs_model}
    )


def versioned() -> list[str]:
    """Returns the projects whose documents wait until a version is in use."""
    return sorted(
        {profile.model_project for profile in CONFIGURATION.profiles if profile.needs_version}
    )


def is_sweep_due(now: int) -> bool:
    """Returns True in one minute of every sweep period."""
    return now % SWEEP_SECONDS < 60


def watch_models(now: int, request_id: str) -> tuple[list[Lease], Counter[str]]:
    """Looks at all leases, also of models without a profile; returns them, and what was done.

    An error with one model must not keep the guard from the next, which costs as much.
    """
    ledger = runtime.table(SETTINGS.ledger_table)
    guard = ModelGuard(
        ledger=ledger,
        documents=runtime.table(SETTINGS.documents_table),
        step_functions=runtime.step_functions(),
        open_rekognition=runtime.model_control,
        me=request_id,
        now=now,
    )
    leases = lease_table.every(ledger)
    done = Counter(_tried(guard.look, lease) for lease in guard_order(leases, now))
    up = [guard.up_seconds(lease) for lease in leases]
    note_above_zero("ModelUpSeconds", MetricUnit.Seconds, max(up, default=0))
    idle = [guard.idle_seconds(lease) for lease in leases]
    note_above_zero("ModelIdleSeconds", MetricUnit.Seconds, max(idle, default=0))
    unmanaged = [version for lease in _of_models(leases) for version in guard.unmanaged(lease)]
    note_above_zero("UnmanagedModelsRunning", MetricUnit.Count, len(unmanaged))
    if unmanaged:
        logger.warning("models that Tilescout did not start are running", versions=unmanaged)
    return leases, done


def _of_models(leases: list[Lease]) -> list[Lease]:
    """Returns the leases of projects in which only Tilescout should start a model."""
    known = {lease.model: lease for lease in leases}
    shared = {
        profile.model_project for profile in CONFIGURATION.profiles if profile.use_running_model
    }
    alone = [project for project in projects() if project not in shared]
    return [known.get(project, Lease(model=project)) for project in alone]


def _tried(look: Callable[[Lease], str], lease: Lease) -> str:
    try:
        return look(lease)
    except (LeaseLost, RunNotDescribed) as error:
        logger.warning("lease is tried again in a minute", model=lease.model, error=str(error))
        return "lost"
