"""An ONNX file as the active version of a model project: checked here, stored, activated."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tilescout.aws.detectors import onnx_store
from tilescout.aws.documents import intake
from tilescout.aws.tables import model_table
from tilescout.detectors.onnx.answers import PAPER
from tilescout.detectors.onnx.cards import OnnxCard, card_from_json
from tilescout.detectors.onnx.layout_choice import Layout
from tilescout.detectors.onnx.layouts import UNUSED
from tilescout.detectors.onnx.model import ServedModel
from tilescout.detectors.onnx.normalization import (
    BESIDE,
    KNOWN,
    Normalization,
    from_options,
    is_ambiguous,
)
from tilescout.detectors.references.named_model import NamedModel, open_model
from tilescout.errors import UnusableModel
from tilescout.profiles import Profile
from tilescout.runs.model_records import ModelInUse, version_name
from tilescout_cli.console import clock
from tilescout_cli.console.failures import BadUsage, CommandFailed
from tilescout_cli.models import activation
from tilescout_cli.models.activation import Activation
from tilescout_cli.promotion import known_symbols, version_trial
from tilescout_cli.promotion.version_trial import TrialResult
from tilescout_cli.stack import cdk_profiles
from tilescout_cli.stack.target import Stack
from tilescout_tune import onnx_detector

MAX_BYTES = 200_000_000
"""A session takes two to three times as much of the function's 1,769 MB."""
NAME = re.compile(r"[a-zA-Z0-9_.-]{1,100}")
TIMED = 3
MAX_SECONDS = 25.0
"""Seconds of one thread here. Lambda's core is taken for half as fast, and has one minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedModel:
    """A file that answers tiles of the profiles; ``seconds`` a tile on this machine, one thread."""

    file: bytes
    card: OnnxCard
    seconds: float
    warnings: tuple[str, ...]


def check(
    path: Path,
    profiles: list[Profile],
    labels: tuple[str, ...] = (),
    layout: Layout | None = None,
    values: Normalization | None = None,
) -> CheckedModel:
    """Loads it, tries its layout, runs it on an empty tile of each profile, compares its labels
    with theirs. ``values`` come before what a file beside it tells of them.

    Raises BadUsage where it cannot be used.
    """
    file = _read(path)
    try:
        model = open_model(file, labels=labels, layout=layout)
        values = values or onnx_detector.values_beside(path, model.card)
        model = onnx_detector.taking(model, values)
        told = [*_untold(model.card, values), *_tried(model, profiles[0])]
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
    warnings += told
    for seconds, profile in zip(taken, profiles, strict=True):
        warnings += _too_slow(seconds, profile)
    return CheckedModel(file=file, card=model.card, seconds=max(taken), warnings=tuple(warnings))


def _tried(model: ServedModel | NamedModel, profile: Profile) -> Iterator[str]:
    if model.is_constant:
        yield "it answers the same for empty paper and for a drawing: is it trained?"
    yield from known_symbols.warnings(model, profile)


def _untold(card: OnnxCard, values: Normalization | None) -> Iterator[str]:
    """Yields a warning where nothing tells which values a model takes, nor can a trial."""
    if values is None and is_ambiguous(card) and not known_symbols.are_known(card):
        yield (
            "its values are taken to be 0 to 1, as of RT-DETR and D-FINE; Conditional and "
            f"Deformable DETR want others, in which it may find nothing: put its {BESIDE} beside "
            f"it, or name {KNOWN['normalised as ImageNet']}, or --mean 0 --std 1 for 0 to 1"
        )


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise BadUsage(
                f"a model file has at most {MAX_BYTES:,} bytes; {path} has {size:,}; export a "
                "smaller variant, or with half precision"
            )
        return path.read_bytes()
    except OSError as error:
        raise BadUsage(f"{path} cannot be read ({error.strerror}); name an ONNX file") from error


def _seconds(model: ServedModel | NamedModel, side: int) -> float:
    """Returns the median of a few runs; the first one also prepares, and does not count."""
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
            f"budget are computed with {profile.seconds_per_tile:g}: set seconds_per_tile to what "
            "it takes in Lambda, about twice as long"
        )
    if seconds > MAX_SECONDS:
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


def check_for(
    project: str,
    path: Path,
    labels: str,
    layout: Layout | None = None,
    values: Normalization | None = None,
) -> CheckedModel:
    """Checks the file for every profile of the project; ``labels`` as names after commas or a file.

    Raises BadUsage.
    """
    return check(path, cdk_profiles.onnx_projects()[project], _labels(labels), layout, values)


def values_of(mean: str, deviation: str) -> Normalization | None:
    """Returns what --mean and --std tell, None where neither is given. Raises BadUsage."""
    if not mean and not deviation:
        return None
    try:
        return from_options(_numbers(mean), _numbers(deviation))
    except UnusableModel as error:
        raise BadUsage(str(error)) from error


def _numbers(given: str) -> tuple[float, ...]:
    try:
        return tuple(float(number) for number in given.split(",") if number.strip())
    except ValueError as error:
        raise BadUsage(
            f"--mean and --std are numbers after commas, such as 0.485,0.456,0.406; here one is "
            f"{given!r}; correct it"
        ) from error


def chosen_project(project: str | None) -> str:
    """Returns the project, or the only one of detector onnx. Raises BadUsage for any other."""
    known = sorted(cdk_profiles.onnx_projects())
    if project in known:
        return project
    if project is None and len(known) == 1:
        return known[0]
    if project is None:
        some = f"there are the projects {', '.join(known)}" if known else "no profile has one"
        raise BadUsage(f"{some}; name a model_project with --project")
    if project in cdk_profiles.model_projects():
        raise BadUsage(
            f"{project} is a Custom Labels project, which takes no file; activate one of its "
            "versions with `tilescout model promote` or `tilescout model use`"
        )
    raise BadUsage(
        f"no profile of detector onnx in cdk.json has the model_project {project!r}; there are "
        f"{', '.join(known) or 'none'}; correct --project or add a profile"
    )


def checked_name(name: str) -> str:
    """Returns the name of a version. Raises BadUsage where it has other characters."""
    if not NAME.fullmatch(name):
        raise BadUsage(
            f"a version has 1 to 100 letters, digits, points, hyphens and underscores; it is "
            f"{name!r}; give another with --name"
        )
    return name


def _labels(given: str) -> tuple[str, ...]:
    """Returns names after commas, or the lines of a file."""
    if not given:
        return ()
    listed = Path(given).read_text().splitlines() if _is_file(given) else given.split(",")
    labels = tuple(label.strip() for label in listed if label.strip())
    used = [label for label in labels if label != UNUSED]
    if len(set(used)) != len(used):
        raise BadUsage("labels differ from each other; --labels has one twice; correct it")
    return labels


def _is_file(given: str) -> bool:
    try:
        return Path(given).is_file()
    except OSError:
        # The names of many labels are longer than a file's may be.
        return False


def compare(
    stack: Stack, project: str, checked: CheckedModel, trial: version_trial.Trial
) -> TrialResult | None:
    """Returns how the file compares with the active version; None without a trial."""
    from tilescout_cli.promotion import labelled_pages

    profile = cdk_profiles.onnx_projects()[project][0]
    return version_trial.run(
        stack, project, trial,
        lambda file, card: labelled_pages.compare_models(
            _opened(file, card_from_json(card)), _opened(checked.file, checked.card),
            trial.truth, profile,
        ),
    )  # fmt: skip


def _opened(file: bytes, card: OnnxCard) -> ServedModel | NamedModel:
    try:
        return open_model(file, card)
    except UnusableModel as error:
        raise BadUsage(f"a version cannot be compared: {error}") from error


def promote(stack: Stack, project: str, name: str, checked: CheckedModel) -> Activation:
    """Stores the version, activates it, and queues the documents that waited for one."""
    version = onnx_store.store(
        stack.clients.s3, stack.models_bucket, project, name, checked.file, checked.card
    )
    return activate_version(stack, project, version)


def activate_by_name(stack: Stack, project: str, name: str) -> Activation:
    """Activates a version of a Custom Labels project, or a model file that was promoted before.

    Raises BadUsage where there is no such version or it cannot run.
    """
    if project not in cdk_profiles.onnx_projects():
        return activation.activate(stack, project, name)
    known = onnx_store.versions(stack.clients.s3, stack.models_bucket, project)
    named = [version for version in known if version_name(version) == name]
    if len(named) == 1:
        return activate_version(stack, project, named[0])
    if named:
        raise BadUsage(
            f"{len(named)} files were promoted as {name}; promote the file that is meant"
        )
    names = ", ".join(sorted({version_name(version) for version in known})) or "none"
    raise BadUsage(
        f"there is no version {name!r} of {project}: it has {names}; name one of these, or promote "
        "a file with `tilescout onnx promote`"
    )


def activate_version(stack: Stack, project: str, version: str) -> Activation:
    """Activates a stored version, and queues the documents that waited for one."""
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
    return Activation(model=model, before=before.version if before else "", queued=queued)
