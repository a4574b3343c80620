"""`tilescout doctor`: every check that applies, and its results as lines or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib.util import find_spec

import typer
from rich.table import Table

from tilescout_cli.console import terminal
from tilescout_cli.console.failures import CommandFailed, TargetUnreachable
from tilescout_cli.console.terminal import counted, plain
from tilescout_cli.deployment.local_stack import PACKAGES
from tilescout_cli.doctor import checks
from tilescout_cli.doctor.account import ACCOUNT, credentials
from tilescout_cli.doctor.checks import Check, Subject
from tilescout_cli.doctor.deployed_stack import DEPLOYED, DEPLOYED_HERE
from tilescout_cli.stack import cdk_profiles, target
from tilescout_cli.stack.clients import Clients
from tilescout_cli.stack.target import Stack

STYLES = {"ok": "green", "warning": "yellow", "error": "red"}


def of_account(clients: Clients, name: str) -> Iterator[Check]:
    """Yields the checks of an account, and of the stack ``name`` where it is deployed."""
    results = list(checks.run(_subject(clients, None), {"credentials": credentials}))
    yield from results
    if results[0].level == "error":
        return
    yield from checks.run(_subject(clients, None), ACCOUNT)
    try:
        stack = target.deployed(clients, name)
    except TargetUnreachable as missing:
        what, _, remedy = str(missing).rpartition("; ")
        yield checks.warning("stack", what, remedy)
        return
    yield from checks.run(_subject(clients, stack), DEPLOYED)


def of_machine() -> Iterator[Check]:
    """Yields the checks of the embedded AWS on this machine."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        remedy = "pip install 'tilescout[infra,local]'"
        yield checks.error("packages", f"not installed: {', '.join(missing)}", remedy)
        return
    yield checks.ok("packages", f"{' and '.join(PACKAGES)} are installed")
    try:
        stack = target.find(local=True, stack=None)
    except TargetUnreachable as missing_target:
        what, _, remedy = str(missing_target).rpartition("; ")
        yield checks.warning("embedded AWS", what, remedy)
        return
    yield checks.ok("embedded AWS", f"runs in {stack.home}")
    yield from checks.run(_subject(stack.clients, stack), DEPLOYED_HERE)


def _subject(clients: Clients, stack: Stack | None) -> Subject:
    profiles = tuple(cdk_profiles.read().by_name.values())
    return Subject(
        clients=clients, stack=stack, settings=cdk_profiles.settings(), profiles=profiles
    )


def doctor(*, local: bool, stack: str | None, as_json: bool) -> None:
    """Prints the results of all checks. Raises CommandFailed where one is an error."""
    name = stack or target.default_name()
    results = list(of_machine() if local else of_account(Clients(), name))
    errors = [each for each in results if each.level == "error"]
    if as_json:
        terminal.print_json([asdict(each) for each in results])
    else:
        terminal.out.print(_table(results))
        typer.echo(_summary(results))
    if errors:
        raise CommandFailed(f"{counted(len(errors), 'check')} failed")


def _table(results: Sequence[Check]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold", ratio=1)
    for each in results:
        remedy = f"\n  {each.remedy}" if each.remedy else ""
        text = plain(each.what)
        text.append(remedy)
        table.add_row(plain(each.level), plain(each.name), text, style=STYLES[each.level])
    return table


def _summary(results: Sequence[Check]) -> str:
    counts = {level: sum(each.level == level for each in results) for level in STYLES}
    return ", ".join(
        [f"{counts['ok']} ok", counted(counts["warning"], "warning"),
         counted(counts["error"], "error")]
    )  # fmt: skip
