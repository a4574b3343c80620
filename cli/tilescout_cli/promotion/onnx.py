"""An ONNX file as the version in use of a model project: checked here, then stored, then used."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tilescout.aws.detectors import onnx_store
from tilescout.aws.documents import intake
from tilescout.aws.tables import model_table
from tilescout.detectors.onnx.answers import PAPER
from tilescout.detectors.onnx.cards import OnnxCard
from tilescout.detectors.onnx.model import ServedModel
from tilescout.errors import UnusableModel
from tilescout.profiles import Profile
from tilescout.runs.model_records import ModelInUse, version_name
from tilescout_cli.console import clock
from tilescout_cli.console.failures import BadUsage, CommandFailed
from tilescout_cli.models.activation import Used
from tilescout_cli.stack.target import Stack

MOST_BYTES = 200_000_000
"""A session takes two to three times as much of the function's 1,769 MB."""
TIMED = 3
SLOWEST = 25.0
"""Seconds of one thread here. Lambda's core is taken for half as fast, and has one minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedModel:
    """A file that answers tiles of the profiles; ``seconds`` a tile on this machine, one thread."""

    file: bytes
    card: OnnxCard
    seconds: float
    warnings: tuple[str, ...]


def check(path: Path, profiles: list[Profile], labels: tuple[str, ...] = ()) -> CheckedModel:
    """Load it, run it on an empty tile of each profile, compare its labels with theirs.

    Raises BadUsage where it cannot be used.
    """
    file = _read(path)
    try:
        model = ServedModel(file, labels=labels)
        taken = [_seconds(model, profile.tile_size) for profile in profiles]
    except UnusableModel as error:
        raise BadUsage(f"{path} cannot be used: {error}") from error
    except ModuleNotFoundError as error:
        raise CommandFailed(
            "a model is checked before it is used, with onnxruntime, which is not installed; "
            "pip install -c constraints.txt -e '.[local]'"
        ) from error
    for profile in profiles:
        _check_labels(path, model.card, profile)
    warnings = [warning for each in profiles for warning in _differences(model.card, each)]
    for seconds, profile in zip(taken, profiles, strict=True):
        warnings += _too_slow(seconds, profile)
    return CheckedModel(file=file, card=model.card, seconds=max(taken), warnings=tuple(warnings))


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise BadUsage(
                f"a model file has at most {MOST_BYTES:,} bytes; {path} has {size:,}; export a "
                "smaller variant, or with half precision"
            )
        return path.read_bytes()
    except OSError as error:
        raise BadUsage(f"{path} cannot be read ({error.strerror}); name an ONNX file") from error


def _seconds(model: ServedModel, side: int) -> float:
    """The middle of a few runs; the first one also prepares, and does not count."""
    tile = np.full((side, side), PAPER, dtype=np.uint8)
    model.find(tile)
    taken = []
    for _ in range(TIMED):
        begin = time.perf_counter()
        model.find(tile)
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def _check_labels(path: Path, card: OnnxCard, profile: Profile) -> None:
    wanted = {*profile.labels, *profile.min_confidence} - {"*"}
    missing = sorted(wanted - set(card.labels))
    if missing:
        raise BadUsage(
            f"profile {profile.name} asks for labels that {path} does not have: "
            f"{', '.join(missing)}; it has {', '.join(card.labels)}; correct the profile in "
            "cdk.json, or the names with --labels"
        )


def _too_slow(seconds: float, profile: Profile) -> list[str]:
    found = []
    if seconds > profile.seconds_per_tile:
        found.append(
            f"a tile of profile {profile.name} takes {seconds:.2f} s here, and its price and "
            f"budget are reckoned with {profile.seconds_per_tile:g}: set seconds_per_tile to what "
            "it takes in Lambda, about twice as long"
        )
    if seconds > SLOWEST:
        found.append(
            f"a tile of profile {profile.name} takes {seconds:.0f} s here, and may not be answered "
            "within the minute that the function has: use a smaller model or a smaller tile_size"
        )
    return found


def _differences(card: OnnxCard, profile: Profile) -> list[str]:
    found = []
    if card.dpi and card.dpi != profile.dpi:
        found.append(
            f"it was trained at {card.dpi} dpi and profile {profile.name} renders at "
            f"{profile.dpi}: it may miss what it has never seen as large"
        )
    smaller = min(filter(None, (card.input.height, card.input.width)), default=0)
    if smaller and smaller < profile.tile_size:
        found.append(
            f"its input is {card.input.width} x {card.input.height} px, so tiles of profile "
            f"{profile.name} are scaled down from {profile.tile_size} px; small symbols get lost"
        )
    return found


def promote(stack: Stack, project: str, name: str, checked: CheckedModel) -> Used:
    """Store the version and put it to use; the documents that waited for one are queued."""
    version = onnx_store.store(
        stack.clients.s3, stack.models_bucket, project, name, checked.file, checked.card
    )
    return _use(stack, project, version)


def use_again(stack: Stack, project: str, name: str) -> Used:
    """Put a version to use that was promoted before. Raises BadUsage where there is no such one."""
    known = onnx_store.versions(stack.clients.s3, stack.models_bucket, project)
    named = [version for version in known if version_name(version) == name]
    if len(named) == 1:
        return _use(stack, project, named[0])
    if named:
        raise BadUsage(
            f"{len(named)} files were promoted as {name}; promote the file that is meant"
        )
    names = ", ".join(sorted({version_name(version) for version in known})) or "none"
    raise BadUsage(
        f"there is no file {name}, and no version {name!r} of {project}: it has {names}; name an "
        "ONNX file or one of these"
    )


def _use(stack: Stack, project: str, version: str) -> Used:
    before = model_table.in_use(stack.ledger, project)
    model = ModelInUse(
        project=project,
        project_arn="",
        version=version_name(version),
        version_arn=version,
        used_since=clock.now(),
    )
    if before and before.version_arn == version:
        model = before
    else:
        model_table.use(stack.ledger, model)
    queued = intake.queue_waiting(stack.documents, stack.ledger, project, clock.now())
    return Used(model=model, before=before.version if before else "", queued=queued)
