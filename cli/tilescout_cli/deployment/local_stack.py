"""A stack on this machine: the synthesised template, deployed to an embedded AWS; its models are
put to use.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tilescout_cli.console.failures import TargetUnreachable
from tilescout_cli.deployment import local_models
from tilescout_cli.stack import paths, target
from tilescout_cli.stack.target import Stack
from tilescout_local import embedded_aws
from tilescout_local.deployment.deploy import deploy
from tilescout_local.deployment.synth import ensure_synthesised
from tilescout_local.embedded_aws import EmbeddedAws
from tilescout_local.errors import EmbeddedAwsError

Step = Callable[[str], None]


def up(step: Step) -> Stack:
    """The stack of the embedded AWS that runs, or of a new one that goes on running.

    Raises TargetUnreachable where it cannot be started or deployed.
    """
    home = paths.embedded_home()
    running = embedded_aws.find_running(home)
    if running is None:
        return _new(home, step, leave_running=True)[0]
    found = target.of_embedded(running)
    local_models.put_to_use(found)
    return found


@contextmanager
def for_one_command(step: Step, *, keep: bool) -> Iterator[Stack]:
    """As ``up``, but what was started for it ends with it, unless it is to be kept."""
    if keep or embedded_aws.find_running(paths.embedded_home()):
        yield up(step)
        return
    with tempfile.TemporaryDirectory(prefix="tilescout-", ignore_cleanup_errors=True) as folder:
        stack, started = _new(Path(folder), step, leave_running=False)
        with started:
            yield stack
            step("stopping the embedded AWS")


def _new(home: Path, step: Step, *, leave_running: bool) -> tuple[Stack, EmbeddedAws]:
    sources = paths.sources()
    assembly = sources / "build" / "cdk.out"
    try:
        step("synthesising the stack")
        ensure_synthesised(sources, assembly)
        started = embedded_aws.start(home, leave_running=leave_running, progress=step)
    except EmbeddedAwsError as error:
        raise _failure(error) from error
    try:
        deploy(started, assembly, progress=step)
        found = target.of_embedded(started)
        local_models.put_to_use(found)
        return found, started
    except EmbeddedAwsError as error:
        started.stop()
        raise _failure(error) from error
    except BaseException:
        started.stop()
        raise


def _failure(error: EmbeddedAwsError) -> TargetUnreachable:
    return TargetUnreachable(f"the embedded AWS cannot be used: {error}")
