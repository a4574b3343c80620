"""The pinned emulator with its seams replaced: the only module that knows all of them."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tilescout_local.errors import WrongEmulatorVersion
from tilescout_local.state import REGION

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
    ocr_workers: int,
    lambda_workers: Mapping[str, int],
) -> Any:
    """Replace the seams and return the ASGI application with its control paths.

    The environment that the emulator reads at import must be set before. ``lock`` is a descriptor
    that the warden keeps open until everything has ended.
    """
    check_version()
    from ministack import app
    from ministack.services import lambda_svc

    from tilescout_local import strict_events, strict_workflows, template_gaps
    from tilescout_local.control import with_control
    from tilescout_local.faults import Faults
    from tilescout_local.lambda_runner import LambdaRunner
    from tilescout_local.lambda_sandbox import SandboxFactory
    from tilescout_local.text_apis import install_text_apis
    from tilescout_local.worker_process import Warden

    warden = Warden(lock)
    factory = SandboxFactory(home=home, endpoint_url=endpoint_url, region=REGION, warden=warden)
    runner = LambdaRunner(home, factory, lambda_workers)
    lambda_svc._execute_function_warm = runner.execute
    template_gaps.install()
    strict_workflows.install()
    strict_events.install()
    install_text_apis(ocr_workers, warden)
    faults = Faults(runner.kill_caller)
    for name in GUARDED:
        app.SERVICE_HANDLERS[name] = faults.guard(name, app.SERVICE_HANDLERS[name])
    return with_control(app.app, faults, strict_events.advance)
