"""Activating a trained version that was right often enough on its test images."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from botocore.exceptions import ClientError

from tilescout.profiles import Profile
from tilescout_cli.console.failures import BadUsage, CommandFailed
from tilescout_cli.models import activation
from tilescout_cli.models.activation import Activation
from tilescout_cli.stack import cdk_profiles
from tilescout_cli.stack.target import Stack
from tilescout_cli.training import uploaded_set, version_evaluation
from tilescout_cli.training.version_evaluation import Evaluation
from tilescout_cli.training.version_training import TrainedVersion

MAX_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """An activated version, and the figures that allowed it."""

    activation: Activation
    evaluation: Evaluation
    weak: tuple[str, ...]
    """Labels under the required figure, with theirs."""
    profiles: tuple[str, ...]
    """Profiles that use it from now on."""
    misfits: tuple[str, ...]
    """Differences between these profiles and the training set, with the remedy."""


def promote(stack: Stack, project: str, version: str | None, *, min_f1: float) -> Promotion:
    """Activates the version, or the newest trained one.

    Raises CommandFailed where its F1 is under ``min_f1`` (0 to 1), BadUsage where there is none.
    """
    if project in cdk_profiles.onnx_projects():
        raise BadUsage(
            f"{project} is of detector onnx, which takes files; see `tilescout onnx promote`, "
            "or activate a stored one with `tilescout model use`"
        )
    found = version_evaluation.of(stack, version_evaluation.chosen(stack, project, version))
    f1 = found.version.f1 or 0.0
    weak = tuple(f"{each.label} {each.f1:.3f}" for each in found.labels if each.f1 < min_f1)
    if f1 < min_f1:
        raise CommandFailed(
            f"version {found.version.name} of {project} has F1 {f1:.3f} on its test images, under "
            f"{min_f1:g}{_worst(weak)}; annotate more of these and train again, or lower --min-f1"
        )
    profiles = _profiles(project)
    return Promotion(
        activation=activation.activate(stack, project, found.version.name),
        evaluation=found,
        weak=weak,
        profiles=tuple(profile.name for profile in profiles),
        misfits=tuple(_misfits(profiles, _card(stack, found.version))),
    )


def _worst(weak: tuple[str, ...]) -> str:
    more = f" and {len(weak) - MAX_NAMED} more" if len(weak) > MAX_NAMED else ""
    return f" (worst: {', '.join(weak[:MAX_NAMED])}{more})" if weak else ""


def _profiles(project: str) -> list[Profile]:
    known = cdk_profiles.read().by_name.values()
    return [each for each in known if each.model_project == project]


def _card(stack: Stack, version: TrainedVersion) -> dict[str, int]:
    """Returns the dpi and tile size of its set; empty for a set of another program."""
    key = f"{version.place.rpartition('/')[0]}/{uploaded_set.CARD}"
    try:
        answer = stack.clients.s3.get_object(Bucket=stack.results_bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchBucket"):
            return {}
        raise
    card: dict[str, int] = json.loads(answer["Body"].read())
    return card


def _misfits(profiles: list[Profile], card: dict[str, int]) -> Iterator[str]:
    for profile in profiles:
        for name, learnt in card.items():
            value = getattr(profile, name)
            if value != learnt:
                yield (
                    f"a model finds what is as large as what it learnt; {name} of profile "
                    f"{profile.name} is {value}, that of the training set {learnt}; make them "
                    "equal, or build the set with this profile and train again"
                )
