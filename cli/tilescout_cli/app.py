"""The `tilescout` command: its commands, and how failures end it."""

from __future__ import annotations

from typing import Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from typer.core import TyperGroup

from tilescout.errors import TilescoutError
from tilescout_cli.commands import (
    dataset,
    destroy,
    detect,
    evaluate,
    export,
    local,
    merge,
    model,
    plan,
    promote,
    reconcile,
    results,
    retry,
    sample,
    start,
    status,
    train,
    tune,
    upload,
    version,
    view,
)
from tilescout_cli.console import terminal
from tilescout_cli.console.aws_errors import explain
from tilescout_cli.console.failures import CommandFailed, TargetUnreachable


class Commands(TyperGroup):
    """Expected failures end in one line and an exit code, never in a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except CommandFailed as failure:
            raise _ended(failure) from failure
        except (BotoCoreError, ClientError) as error:
            raise _ended(explain(error)) from error
        except TilescoutError as error:
            is_aws = isinstance(error.__cause__, BotoCoreError | ClientError)
            told = TargetUnreachable if is_aws else CommandFailed
            raise _ended(told(str(error))) from error


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
SHOWN = (detect, view, upload, start, status, results, export, retry, reconcile)
for module in (
    *SHOWN,
    plan,
    merge,
    sample,
    train,
    evaluate,
    tune,
    promote,
    destroy,
    version,
):
    module.register(app)
app.add_typer(local.app, name="local")
app.add_typer(model.app, name="model")
app.add_typer(dataset.app, name="dataset")


def main() -> None:
    app()
