"""Putting a trained version to use if it was right often enough on its test images."""

from __future__ import annotations

from dataclasses import dataclass

from tilescout_cli import cdk_profiles, model_use, version_evaluation
from tilescout_cli.failures import CommandFailed
from tilescout_cli.model_use import Used
from tilescout_cli.stacks import Stack
from tilescout_cli.version_evaluation import Evaluation

LEAST_F1 = 0.8
MOST_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """What was put to use, and the figures that allowed it."""

    used: Used
    evaluation: Evaluation
    weak: tuple[str, ...]
    """Labels under the figure that was asked for, with theirs."""
    profiles: tuple[str, ...]
    """Profiles that find with it from now on."""


def promote(
    stack: Stack, project: str, version: str | None, *, least_f1: float = LEAST_F1
) -> Promotion:
    """Put the version, or the newest that was trained, to use: the record of `model use`.

    Raises CommandFailed where its F1 is under ``least_f1`` (0 to 1), BadUsage where there is none.
    """
    found = version_evaluation.of(stack, version_evaluation.chosen(stack, project, version))
    f1 = found.version.f1 or 0.0
    weak = tuple(f"{each.label} {each.f1:.3f}" for each in found.labels if each.f1 < least_f1)
    if f1 < least_f1:
        raise CommandFailed(
            f"version {found.version.name} of {project} has F1 {f1:.3f} on its test images, under "
            f"{least_f1:g}{_worst(weak)}; annotate more of these and train again, or lower --min-f1"
        )
    return Promotion(
        used=model_use.put_to_use(stack, project, found.version.name),
        evaluation=found,
        weak=weak,
        profiles=_profiles(project),
    )


def _worst(weak: tuple[str, ...]) -> str:
    more = f" and {len(weak) - MOST_NAMED} more" if len(weak) > MOST_NAMED else ""
    return f" (worst: {', '.join(weak[:MOST_NAMED])}{more})" if weak else ""


def _profiles(project: str) -> tuple[str, ...]:
    known = cdk_profiles.read().by_name.values()
    return tuple(each.name for each in known if each.model_project == project)
