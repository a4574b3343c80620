"""The detectors that `tilescout tune` asks: in this process, on an embedded AWS, or on AWS."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tilescout.aws.detectors.services import detector_on, name_alphabet, open_detector
from tilescout.detector_kinds import DEFAULT_ALPHABET, KINDS, DetectorName
from tilescout.detectors.onnx.answers import FLOOR
from tilescout.errors import UnusableModel
from tilescout.pricing import PriceTable
from tilescout.profiles import Profile
from tilescout_cli.console.failures import BadUsage, TargetUnreachable
from tilescout_cli.models import versions
from tilescout_local import embedded_aws
from tilescout_local.embedded_aws import EmbeddedAws
from tilescout_local.engines.symbol_detector import SAMPLE_MODEL
from tilescout_local.errors import EmbeddedAwsError
from tilescout_tune import onnx_detector
from tilescout_tune.answer_cache import NamedDetector
from tilescout_tune.budgeted_detector import Budget, BudgetedDetector

WORKERS = 4
LOCAL_WORKERS = 2
POLL_SECONDS = 0.2
START_SECONDS = 60.0
NO_LIMIT = 10_000
ON_AWS = tuple(name for name, kind in KINDS.items() if kind.service and not kind.needs_start)
"""Detectors that answer as soon as they are called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """``names`` of detectors; ``model`` is an ONNX file; ``budget`` bounds what AWS may cost."""

    names: Sequence[str]
    base: Profile
    model: Path | None
    local: bool
    prices: PriceTable
    budget: Budget


@contextmanager
def opened(wanted: Wanted, step: Callable[[str], None]) -> Iterator[Mapping[str, NamedDetector]]:
    """Yields detectors by name, open for the context. Raises BadUsage, TargetUnreachable."""
    found: dict[str, NamedDetector] = {}
    kinds = [kind for name, kind in KINDS.items() if name in wanted.names]
    services = [kind.name for kind in kinds if kind.model != "file"]
    with ExitStack() as stack:
        for kind in kinds:
            if kind.model == "file":
                found[kind.name] = _model(wanted.model or SAMPLE_MODEL)
        if services and wanted.local:
            aws = stack.enter_context(_embedded(step))
            found |= {name: _on_embedded(aws, name, wanted.base, step) for name in services}
        elif services:
            found |= {name: _on_aws(name, wanted) for name in services}
        yield found


def _model(file: Path) -> NamedDetector:
    if find_spec("onnxruntime") is None:
        raise BadUsage("a model needs onnxruntime; install it: pip install 'tilescout[local]'")
    try:
        return onnx_detector.open_model(file, LOCAL_WORKERS)
    except (UnusableModel, OSError) as error:
        raise BadUsage(f"{file}: {error}") from error


@contextmanager
def _embedded(step: Callable[[str], None]) -> Iterator[EmbeddedAws]:
    """Yields an embedded AWS of its own, with nothing deployed but the detectors' APIs."""
    with tempfile.TemporaryDirectory(prefix="tilescout-", ignore_cleanup_errors=True) as folder:
        try:
            started = embedded_aws.start(Path(folder), progress=step)
        except EmbeddedAwsError as error:
            raise TargetUnreachable(str(error)) from error
        with started:
            yield started


def _on_embedded(
    aws: EmbeddedAws, name: DetectorName, base: Profile, step: Callable[[str], None]
) -> NamedDetector:
    kind = KINDS[name]
    if not kind.service:
        raise BadUsage(
            f"tune compares what detectors see in pixels; {name} reads none; choose another"
        )
    client = aws.client(kind.service, retries={"total_max_attempts": 1}, read_timeout=120)
    if not kind.needs_start:
        name_alphabet(client, base.alphabet)
        port = detector_on(client, name, alphabet=base.alphabet)
        known = f"local {_with_alphabet(name, base)}"
        return NamedDetector(name=known, port=port, workers=LOCAL_WORKERS)
    arn = _started_model(aws, client, base.model_project, step)
    port = detector_on(client, name, arn, FLOOR)
    return NamedDetector(name=f"local {arn.split(':')[5]}", port=port, workers=LOCAL_WORKERS)


def _started_model(aws: EmbeddedAws, client: Any, project: str, step: Callable[[str], None]) -> str:
    """Returns the ARN of the project's newest version, which is up."""
    known = versions.find_project(client, project)
    usable = [v for v in versions.versions(client, known) if v.can_run] if known else []
    if not usable:
        raise BadUsage(
            f"the embedded AWS has no model of the project {project!r} to tune with; it has "
            f"{', '.join(versions.projects(client)) or 'none'}; name one as model_project"
        )
    arn = usable[0].arn
    step(f"starting the model {project}")
    # Nobody waits for a model or pays for it here: what it says is all that is wanted.
    aws.set_model(arn, start_delay=0, tiles_per_second_per_unit=NO_LIMIT)
    client.start_project_version(ProjectVersionArn=arn, MinInferenceUnits=1)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if any(v.arn == arn and v.status == "RUNNING" for v in
               versions.versions(client, known)):  # fmt: skip
            return arn
        time.sleep(POLL_SECONDS)
    raise TargetUnreachable(f"the embedded model {arn} did not start in {START_SECONDS:g} s")


def _on_aws(name: DetectorName, wanted: Wanted) -> NamedDetector:
    if name not in ON_AWS:
        raise BadUsage(
            f"on AWS tune asks {' and '.join(ON_AWS)}, which need no start; {name} is not started "
            "outside of a run; tune with --local, or with detector onnx"
        )
    port = open_detector(name, alphabet=wanted.base.alphabet)
    paid = BudgetedDetector(port=port, usd=wanted.prices.call(name),
                    max_calls=KINDS[name].calls_per_tile, budget=wanted.budget)  # fmt: skip
    return NamedDetector(name=_with_alphabet(name, wanted.base), port=paid, workers=WORKERS)


def _with_alphabet(name: DetectorName, base: Profile) -> str:
    """Returns the name under which answers are kept: those of another alphabet are others."""
    return name if base.alphabet == DEFAULT_ALPHABET else f"{name} {base.alphabet}"
