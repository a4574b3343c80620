"""`tilescout start`: a run now, not at the next time of the schedule."""

from __future__ import annotations

from typing import Annotated

import typer

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import Json, Local, ProfileName, StackName, example

Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="M",
        help="The model project, or the detector where it needs no model.",
        show_default=False,
    ),
]
app = command_app()


@app.command("start", epilog=example("tilescout start --profile text"))
def start(
    model: Model = None,
    profile: ProfileName = None,
    local: Local = False,
    stack: StackName = None,
    as_json: Json = False,
) -> None:
    """Start a run: for one model, or for each that has documents in the queue."""
    from tilescout_cli.console.failures import BadUsage
    from tilescout_cli.runs import executions
    from tilescout_cli.stack import target

    if model and profile:
        raise BadUsage("--model and --profile exclude each other; give one of them")
    executions.start_now(
        target.find(local=local, stack=stack), model=model, profile=profile, as_json=as_json
    )
