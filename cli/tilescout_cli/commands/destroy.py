"""`tilescout destroy`: the stack is removed once no model that Tilescout started is up."""

from __future__ import annotations

from typing import Annotated

import typer

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import StackName, Yes, example

SECONDS_PER_MINUTE = 60

Abort = Annotated[bool, typer.Option("--abort", help="Stop runs that are at work.")]
Timeout = Annotated[
    float, typer.Option("--timeout", metavar="MIN", min=1, help="Minutes for each wait.")
]
app = command_app()


@app.command("destroy", epilog=example("tilescout destroy --stack Tilescout"))
def destroy(
    stack: StackName = None, abort: Abort = False, yes: Yes = False, timeout: Timeout = 60.0
) -> None:
    """Remove the stack from AWS: its models first, then its tiles, then the rest.

    Documents, results, model files and the three tables stay, and are named at the end. The guard,
    which stops models, is part of the stack: so the stack goes last.
    """
    from tilescout_cli.deployment import destroy
    from tilescout_cli.stack import target

    deployed = target.find(local=False, stack=stack)
    destroy.destroy(deployed, timeout * SECONDS_PER_MINUTE, abort=abort, yes=yes)
