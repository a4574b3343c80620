"""Installs the replacements into the pinned emulator; no other module knows all of them."""

from __future__ import annotations

import importlib.metadata
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tilescout_local.errors import WrongEmulatorVersion
from tilescout_local.processes.scaled_clock import ScaledClock
from tilescout_local.role_calls import RoleCalls
from tilescout_local.state import ACCOUNT, WorkerCounts

MINISTACK_VERSION = "1.5.33"
# The services whose calls are counted and can be made to fail.
FAULTY_SERVICES = ("textract", "rekognition", "dynamodb", "sqs", "states", "s3", "lambda", "sns",
                   "events")  # fmt: skip


def check_version() -> None:
    """Checks the version of ministack, as private functions of one version are replaced.

    Raises WrongEmulatorVersion if ministack is missing or of another version.
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
    region: str,
    lock: int,
    clock: ScaledClock,
    workers: WorkerCounts,
) -> Any:
    """Replaces functions of the emulator and returns the ASGI application with its control paths.

    The environment and the clock that the emulator reads at its import must be set before. ``lock``
    is a descriptor that the reaper keeps open until everything has ended.
    """
    check_version()
    _use_wall_clock_dates()
    from ministack import app
    from ministack.services import lambda_svc

    from tilescout_local.emulator import strict_events
    from tilescout_local.emulator.control import with_control
    from tilescout_local.emulator.detector_apis import install_detector_apis
    from tilescout_local.faults import Faults
    from tilescout_local.functions.runner import LambdaRunner
    from tilescout_local.functions.sandbox import SandboxFactory
    from tilescout_local.models.registry import ModelRegistry, add_sample_model
    from tilescout_local.processes.worker_process import Reaper

    reaper = Reaper(lock)
    factory = SandboxFactory(
        home=home, endpoint_url=endpoint_url, region=region, reaper=reaper, clock=clock
    )
    runner = LambdaRunner(home, factory, workers.functions)
    lambda_svc._execute_function_warm = runner.execute
    role_calls = RoleCalls(runner.functions.get)
    _make_strict(clock.scale, role_calls)
    registry = ModelRegistry(time.time, region=region, account=ACCOUNT)
    add_sample_model(registry)
    install_detector_apis(
        registry,
        home=home,
        endpoint_url=endpoint_url,
        workers=workers,
        reaper=reaper,
    )
    faults = Faults(runner.kill_caller, role_calls)
    runner.take_fault = lambda event: faults.take("lambda", "Execution", event)
    for name in FAULTY_SERVICES:
        app.SERVICE_HANDLERS[name] = faults.wrap(name, app.SERVICE_HANDLERS[name])
    return with_control(app.app, faults, registry, strict_events.advance)


def _make_strict(clock_scale: float, role_calls: RoleCalls) -> None:
    """Replaces functions of the emulator by those that behave as AWS does."""
    from tilescout_local.emulator import (
        forgotten_settings,
        service_gaps,
        strict_events,
        strict_workflows,
    )

    service_gaps.install()
    forgotten_settings.install()
    strict_workflows.install(clock_scale, role_calls)
    strict_events.install(clock_scale, role_calls)


def _use_wall_clock_dates() -> None:
    """Makes the emulator's dates those of ``time.time``, which datetime does not read."""
    from ministack.core import responses

    def formatted(form: str) -> str:
        return datetime.fromtimestamp(time.time(), UTC).strftime(form)

    responses.now_iso = lambda: formatted("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    responses.now_rfc7231 = lambda: formatted("%a, %d %b %Y %H:%M:%S GMT")
    responses.now_epoch = time.time
