"""A trial of a new version against the active one, on pages that somebody labelled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tilescout.aws.detectors import onnx_store
from tilescout.aws.tables import model_table
from tilescout.runs.model_records import ModelInUse
from tilescout_cli.console import terminal
from tilescout_cli.console.failures import BadUsage, CommandFailed
from tilescout_cli.stack.target import Stack
from tilescout_evaluate.version_comparison import VersionComparison

Compare = Callable[[bytes, str], VersionComparison]
"""Compares the file and the card of the active version with the new one."""
MAX_NAMED = 5


@dataclass(frozen=True, slots=True)
class Trial:
    """Labelled pages to compare on, none for no trial; a worse version is taken ``anyway``."""

    truth: tuple[Path, ...] = ()
    anyway: bool = False


@dataclass(frozen=True, slots=True)
class TrialResult:
    """The name of the version that was active, and how both compare."""

    before: str
    comparison: VersionComparison


def run(stack: Stack, project: str, trial: Trial, compare: Compare) -> TrialResult | None:
    """Returns how the new version compares with the active one; None without a trial.

    Says why there is none. Raises BadUsage where the file of the active version is gone.
    """
    active = model_table.in_use(stack.ledger, project)
    if active is None or not trial.truth:
        _tell_untried(active, trial)
        return None
    stored = onnx_store.read(stack.clients.s3, stack.models_bucket, active.version_arn)
    if stored is None:
        raise BadUsage(
            f"the new version is compared with {active.version}, whose file is gone; promote that "
            "file again, or leave --truth out"
        )
    return TrialResult(active.version, compare(*stored))


def _tell_untried(active: ModelInUse | None, trial: Trial) -> None:
    if trial.truth:
        terminal.say("no version is active yet, so there is none to compare with")
    elif active is not None:
        terminal.say(
            f"not compared with version {active.version}; --truth names pages to compare on"
        )


def refuse_worse(result: TrialResult, *, anyway: bool) -> None:
    """Raises CommandFailed where the new version is worse and is not to be taken anyway."""
    found = result.comparison
    if not found.is_worse or anyway:
        return
    total = found.total
    raise CommandFailed(
        f"it is worse than version {result.before}, which stays active: F1 {total.before.f1:.3f} "
        f"becomes {total.after.f1:.3f}{_named(found)}; correct what it was made from, or "
        "promote it with --anyway"
    )


def _named(found: VersionComparison) -> str:
    named = [f"{e.label} {e.before.f1:.3f} to {e.after.f1:.3f}" for e in found.worse[:MAX_NAMED]]
    more = len(found.worse) - len(named)
    return f" ({', '.join(named)}{f' and {more} more' if more else ''})" if named else ""
