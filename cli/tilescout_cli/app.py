"""The `tilescout` command: the list of its commands, and how failures end it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import Annotated, Any

import typer

from tilescout.errors import TilescoutError
from tilescout_cli.console import terminal
from tilescout_cli.console.command_list import ListedCommand, ListedCommands
from tilescout_cli.console.failures import CommandFailed, TargetUnreachable

COMMANDS = {
    "Documents": {
        "detect": "Upload PDFs, detect, wait, and show the results.",
        "view": "See and correct detections in the browser.",
        "upload": "Upload PDFs; the next run detects them.",
        "start": "Start a run now.",
        "status": "Show documents and runs, or everything about one document.",
        "results": "Show detections.",
        "export": "Write the results of one document, or of all.",
        "retry": "Send failed tiles again and tile failed pages again.",
        "reconcile": "Announce objects in the bucket that have no document.",
        "forget": "Remove documents and everything that is stored of them.",
    },
    "Without AWS": {
        "find-like": "Find every symbol that looks like the one in a box.",
        "legend": "List the symbols of a drawing's legend, to be searched for.",
        "plan": "Estimate tiles, calls and dollars of PDFs.",
        "merge": "Merge boxes that overlapping tiles of one page saw.",
        "sample": "Write sample drawings with known contents.",
        "local": "Start, stop and show the embedded AWS on this machine.",
    },
    "Models and accuracy": {
        "dataset": "Build and check data sets to train a detector with.",
        "model": "Train, evaluate, activate, watch and stop model versions.",
        "onnx": "Train, evaluate, check and activate model files.",
        "references": "Name symbols by reference pictures, one per class.",
        "evaluate": "Compare results with ground truth.",
        "tune": "Find the best settings of a profile on annotated pages.",
    },
    "Installation": {
        "init": "Write a cdk.json with the shipped profiles, to be changed.",
        "doctor": "Check the account, the region and the stack, and say what to do.",
        "smoke": "Send a tiny drawing through the stack, check and remove it.",
        "destroy": "Remove the stack from AWS, its models first.",
        "version": "Print the version.",
    },
}
"""A summary of each command, by the panel of the help text; `commands/` has a module for each."""

TERMINATED = 128 + signal.SIGTERM


class Commands(ListedCommands):
    """Ends expected failures in one line and an exit code, never in a traceback."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for panel, summaries in COMMANDS.items():
            for name, summary in summaries.items():
                module = f"tilescout_cli.commands.{name.replace('-', '_')}"
                self.add_command(ListedCommand(name, summary, panel=panel, module=module))

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except CommandFailed as failure:
            raise _ended(failure) from failure
        except TilescoutError as error:
            told = TargetUnreachable if isinstance(error.__cause__, aws_errors()) else CommandFailed
            raise _ended(told(str(error))) from error
        except aws_errors() as error:
            raise _ended(_explained(error)) from error


def aws_errors() -> tuple[type[Exception], ...]:
    """The errors of AWS clients; none while botocore, which takes long, is not imported."""
    exceptions = sys.modules.get("botocore.exceptions")
    return (exceptions.BotoCoreError, exceptions.ClientError) if exceptions else ()


def _explained(error: Any) -> CommandFailed:
    from tilescout_cli.console.aws_errors import explain

    return explain(error)


def _ended(failure: CommandFailed) -> typer.Exit:
    terminal.say(f"tilescout: {failure}")
    return typer.Exit(failure.exit_code)


app = typer.Typer(
    cls=Commands,
    name="tilescout",
    help="Finds small things in very large PDF pages, on AWS or on this machine.",
    epilog="First try: tilescout sample out/samples && tilescout detect --local out/samples/*.pdf",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        from tilescout_cli.commands.version import version

        version()
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Runs the command; a SIGTERM ends it as Ctrl-C does, so that nothing is left behind."""
    signal.signal(signal.SIGTERM, _end)
    try:
        app()
    except SystemExit as end:
        if end.code == TERMINATED:
            _leave()
        raise


def _end(*_: object) -> None:
    # A second one must not interrupt what the first one has begun to take down.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(TERMINATED)


def _leave() -> None:
    """Ends the process; the interpreter's own end would take seconds on a busy machine."""
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(TERMINATED)
