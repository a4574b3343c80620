"""The pinned emulator with its seams replaced: the only module that knows all of them."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tilescout_local.errors import WrongEmulatorVersion
from tilescout_local.processes.scaled_clock import ScaledClock
from tilescout_local.state import ACCOUNT, REGION

MINISTACK_VERSION = "1.5.33"
# Services whose calls can be made to fail and are counted.
GUARDED = ("textract", "rekognition", "dynamodb", "sqs", "states", "s3", "lambda", "sns")


def check_version() -> None:
    """Private seams are replaced, so no other version will do.

    Raises WrongEmulatorVersion where ministack is missing or another version.
    """
    try:
        found = importlib.metadata.version("ministack")
    except importlib.metadata.PackageNotFoundError:
        found = "none"
    if found != MINISTACK_VERSION:
        raise WrongEmulatorVersion(
            f"the embedded AWS needs ministack {MINISTACK_VERSION}, found {found}: "
            f"pip install 'ministack=={MINISTACK_VERSION}'"
        )


def install(
    home: Path,
    endpoint_url: str,
    *,
    lock: int,
    clock: ScaledClock,
    ocr_workers: int,
    symbol_workers: int,
    lambda_workers: Mapping[str, int],
) -> Any:
    """Replace the seams and return the ASGI application with its control paths.

    The environment and the clock that the emulator takes at import must be set before. ``lock`` is
    a descriptor that the reaper keeps open until everything has ended.
    """
    check_version()
    _date_by_wall_clock()
    from ministack import app
    from ministack.services import lambda_svc

    from tilescout_local.emulator import (
        listed_versions,
        strict_events,
        strict_workflows,
        template_gaps,
    )
    from tilescout_local.emulator.control import with_control
    from tilescout_local.emulator.detector_apis import install_detector_apis
    from tilescout_local.faults import Faults
    from tilescout_local.functions.runner import LambdaRunner
    from tilescout_local.functions.sandbox import SandboxFactory
    from tilescout_local.models.defaults import add_sample_model
    from tilescout_local.models.registry import ModelRegistry
    from tilescout_local.processes.worker_process import Reaper

    reaper = Reaper(lock)
    factory = SandboxFactory(
        home=home, endpoint_url=endpoint_url, region=REGION, reaper=reaper, clock=clock
    )
    runner = LambdaRunner(home, factory, lambda_workers)
    lambda_svc._execute_function_warm = runner.execute
    template_gaps.install()
    listed_versions.install()
    strict_workflows.install(clock.scale)
    strict_events.install(clock.scale)
    registry = ModelRegistry(time.time, region=REGION, account=ACCOUNT)
    add_sample_model(registry)
    install_detector_apis(
        registry,
        home=home,
        endpoint_url=endpoint_url,
        ocr_workers=ocr_workers,
        symbol_workers=symbol_workers,
        reaper=reaper,
    )
    faults = Faults(runner.kill_caller)
    runner.fault_of = lambda event: faults.due("lambda", "Execution", event)
    for name in GUARDED:
        app.SERVICE_HANDLERS[name] = faults.guard(name, app.SERVICE_HANDLERS[name])
    return with_control(app.app, faults, registry, strict_events.advance)


def _date_by_wall_clock() -> None:
    """Let the emulator's dates be those of ``time.time``, which datetime does not read."""
    from ministack.core import responses

    def written(form: str) -> str:
        return datetime.fromtimestamp(time.time(), UTC).strftime(form)

    responses.now_iso = lambda: written("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    responses.now_rfc7231 = lambda: written("%a, %d %b %Y %H:%M:%S GMT")
    responses.now_epoch = time.time
