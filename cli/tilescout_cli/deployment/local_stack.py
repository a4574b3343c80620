"""A stack on this machine: the synthesised template, deployed to an embedded AWS, with models."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import typer

from tilescout_cli.console import terminal
from tilescout_cli.console.failures import BadUsage, TargetUnreachable
from tilescout_cli.console.progress_view import ProgressView
from tilescout_cli.deployment import local_models
from tilescout_cli.stack import cdk_profiles, paths, target
from tilescout_cli.stack.target import Stack
from tilescout_local import embedded_aws
from tilescout_local.deployment.deploy import deploy
from tilescout_local.deployment.synth import ensure_synthesised
from tilescout_local.embedded_aws import EmbeddedAws
from tilescout_local.errors import EmbeddedAwsError

Step = Callable[[str], None]
CONFIGURATION_FILE = "configuration.json"
"""In the home of an embedded AWS: the cdk.json that it was deployed from."""
PACKAGES = ("aws_cdk", "ministack")
"""One package of each extra that an embedded AWS needs."""


def up(step: Step) -> Stack:
    """Returns the stack of the embedded AWS that runs, or of a new one that goes on running.

    Raises TargetUnreachable where it cannot be started or deployed.
    """
    home = paths.embedded_home()
    running = embedded_aws.find_running(home)
    if running is None:
        return _new(home, step, leave_running=True)[0]
    check_configuration(home)
    found = target.of_embedded(running)
    local_models.activate_all(found)
    return found


def check_configuration(home: Path) -> None:
    """Raises BadUsage where the embedded AWS in ``home`` runs with another cdk.json than this
    command reads, so that no document is processed by profiles that nobody sees."""
    file, path = home / CONFIGURATION_FILE, paths.configuration()
    if path is None or not file.exists():
        return
    deployed = json.loads(file.read_text())
    mine = cdk_profiles.fingerprint(path)
    if deployed["digest"] != mine:
        raise BadUsage(
            f"the embedded AWS in {home} was deployed from {deployed['path']} (digest "
            f"{deployed['digest']}), and this command reads {path} (digest {mine}); stop it with "
            "`tilescout local down`, and repeat the command"
        )


def _keep_configuration(home: Path) -> None:
    if path := paths.configuration():
        facts = {"path": str(path), "digest": cdk_profiles.fingerprint(path)}
        (home / CONFIGURATION_FILE).write_text(json.dumps(facts))


@contextmanager
def for_one_command(step: Step, *, keep: bool) -> Iterator[Stack]:
    """Yields the stack of ``up``; a new one ends with the context unless ``keep`` is set."""
    if keep or embedded_aws.find_running(paths.embedded_home()):
        yield up(step)
        return
    with tempfile.TemporaryDirectory(prefix="tilescout-", ignore_cleanup_errors=True) as folder:
        stack, started = _new(Path(folder), step, leave_running=False)
        with started:
            yield stack
            step("stopping the embedded AWS")


@contextmanager
def opened(step: Step, *, local: bool, stack: str | None, keep: bool = False) -> Iterator[Stack]:
    """Yields the stack that the options name; ``local`` alone starts an embedded AWS if need be."""
    if local and not stack:
        with for_one_command(step, keep=keep) as found:
            yield found
    else:
        yield target.find(local=local, stack=stack)


def _new(home: Path, step: Step, *, leave_running: bool) -> tuple[Stack, EmbeddedAws]:
    _check_packages()
    build = paths.build_folder()
    assembly = build / "cdk.out"
    try:
        step("synthesising the stack")
        ensure_synthesised(
            paths.sources(), assembly, configuration=paths.configuration(), build=build
        )
        started = embedded_aws.start(home, leave_running=leave_running, progress=step)
    except EmbeddedAwsError as error:
        raise _failure(error) from error
    try:
        _keep_configuration(home)
        deploy(started, assembly, progress=step)
        found = target.of_embedded(started)
        local_models.activate_all(found)
        return found, started
    except EmbeddedAwsError as error:
        started.stop()
        raise _failure(error) from error
    except BaseException:
        started.stop()
        raise


def _check_packages() -> None:
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise BadUsage(
            f"--local needs {' and '.join(missing)}, which are not installed; "
            "pip install 'tilescout[infra,local]'"
        )


def _failure(error: EmbeddedAwsError) -> TargetUnreachable:
    return TargetUnreachable(f"the embedded AWS cannot be used: {error}")


def show_up(*, as_json: bool) -> None:
    """Starts the embedded AWS with progress, and prints where it runs."""
    with ProgressView() as view:
        stack = up(view.step)
    if as_json:
        terminal.print_json(_facts())
        return
    typer.echo(f"the embedded AWS runs in {stack.home}; `tilescout local down` stops it")


def down(*, as_json: bool) -> None:
    """Stops the embedded AWS, if one runs, and prints whether one did."""
    running = embedded_aws.find_running(paths.embedded_home())
    if running:
        running.stop()
    if as_json:
        terminal.print_json({"stopped": running is not None})
    else:
        typer.echo("stopped" if running else "no embedded AWS was running")


def show_status(*, as_json: bool) -> None:
    """Prints whether an embedded AWS runs, where, and with which outputs."""
    facts = _facts()
    if as_json:
        terminal.print_json(facts)
    elif facts["running"]:
        typer.echo(
            f"running at {facts['endpoint_url']}, process {facts['pid']}, in {facts['home']}"
        )
    else:
        typer.echo(f"not running; `tilescout local up` starts it in {facts['home']}")


def _facts() -> dict[str, object]:
    home = paths.embedded_home()
    running = embedded_aws.find_running(home)
    if running is None:
        return {"running": False, "home": str(home)}
    return {
        "running": True,
        "home": str(home),
        "endpoint_url": running.endpoint_url,
        "region": running.region,
        "pid": running.pid,
        "outputs": dict(target.of_embedded(running).outputs),
    }
