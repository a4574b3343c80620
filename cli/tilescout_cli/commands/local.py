"""`tilescout local`: an embedded AWS that goes on running between commands."""

from __future__ import annotations

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import Json, example

app = command_app(
    help="The embedded AWS on this machine; every command takes --local to work with it.",
    epilog=example("tilescout local up"),
)


@app.command("up", epilog=example("tilescout local up"))
def up(as_json: Json = False) -> None:
    """Start the embedded AWS and deploy the stack to it. It keeps nothing when it ends."""
    from tilescout_cli.deployment import local_stack

    local_stack.show_up(as_json=as_json)


@app.command("down", epilog=example("tilescout local down"))
def down(as_json: Json = False) -> None:
    """Stop the embedded AWS; documents and results in it are gone then."""
    from tilescout_cli.deployment import local_stack

    local_stack.down(as_json=as_json)


@app.command("status", epilog=example("tilescout local status"))
def status(as_json: Json = False) -> None:
    """Show whether the embedded AWS runs, where, and what is deployed."""
    from tilescout_cli.deployment import local_stack

    local_stack.show_status(as_json=as_json)
