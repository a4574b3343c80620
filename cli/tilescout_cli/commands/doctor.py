"""`tilescout doctor`: what stands in the way of a stack, and what to do about it."""

from __future__ import annotations

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.console.options import Json, Local, StackName, example

app = command_app()


@app.command("doctor", epilog=example("tilescout doctor --stack Tilescout"))
def doctor(local: Local = False, stack: StackName = None, as_json: Json = False) -> None:
    """Check the account, the region, the stack and its alarms, and say what to do.

    Nothing is changed. Before the first deployment the checks of the account are made alone.

    Exit code 0: no check failed, though some may warn; 1: at least one failed.
    """
    from tilescout_cli.doctor import examination

    if local and stack:
        raise BadUsage("--local and --stack exclude each other; give one of them")
    examination.doctor(local=local, stack=stack, as_json=as_json)
