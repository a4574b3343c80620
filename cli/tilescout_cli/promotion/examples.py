"""A file of learned examples as the active version of a profile of detector example."""

from __future__ import annotations

import json
from pathlib import Path

from tilescout.aws.detectors import onnx_store
from tilescout.errors import UnusableModel
from tilescout.example_search.symbol_files import FORMAT, SymbolFile, from_file
from tilescout.profiles import Profile
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.models.activation import Activation
from tilescout_cli.promotion import onnx, version_trial
from tilescout_cli.promotion.version_trial import TrialResult
from tilescout_cli.stack import cdk_profiles
from tilescout_cli.stack.target import Stack


def is_of_examples(project: str) -> bool:
    """Returns whether the project's profiles search by example, and not with an ONNX model."""
    return any(profile.kind.reads_strokes for profile in cdk_profiles.onnx_projects()[project])


def compare(
    stack: Stack, project: str, body: bytes, trial: version_trial.Trial
) -> TrialResult | None:
    """Returns how the file's bytes compare with the active version; None without a trial."""
    from tilescout_cli.promotion import labelled_pages

    profile = cdk_profiles.onnx_projects()[project][0]
    return version_trial.run(
        stack, project, trial,
        lambda before, _: labelled_pages.compare_examples(
            _usable(before), from_file(body), trial.truth, profile
        ),
    )  # fmt: skip


def promote(stack: Stack, project: str, name: str, body: bytes) -> Activation:
    """Stores the file as a version, activates it, and queues the documents that waited for one."""
    card = json.dumps({"format": FORMAT, "labels": from_file(body).labels})
    version = onnx_store.store_file(
        stack.clients.s3, stack.models_bucket, (project, name), body, card
    )
    return onnx.activate_version(stack, project, version)


def read(path: Path, profiles: list[Profile]) -> bytes:
    """Returns the bytes of a file whose labels the profiles ask for. Raises BadUsage."""
    try:
        body = path.read_bytes()
        symbols = from_file(body)
    except OSError as error:
        raise BadUsage(
            f"{path} cannot be read ({error.strerror}); name a file of examples"
        ) from error
    except UnusableModel as error:
        raise BadUsage(f"{path} cannot be used: {error}") from error
    for profile in profiles:
        _check_labels(path, symbols, profile)
    return body


def _usable(file: bytes) -> SymbolFile:
    """Returns the active version's symbols. Raises BadUsage where it is of another format."""
    try:
        return from_file(file)
    except UnusableModel as error:
        raise BadUsage(f"the active version cannot be compared: {error}") from error


def _check_labels(path: Path, symbols: SymbolFile, profile: Profile) -> None:
    missing = sorted({*profile.labels, *profile.min_confidence} - {"*"} - set(symbols.labels))
    if missing:
        raise BadUsage(
            f"profile {profile.name} asks for labels that {path} does not have: "
            f"{', '.join(missing)}; it has {', '.join(symbols.labels)}; correct the profile in "
            "cdk.json"
        )
