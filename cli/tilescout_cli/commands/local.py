"""`tilescout local`: an embedded AWS that goes on running between commands."""

from __future__ import annotations

import typer

from tilescout_cli.console import terminal
from tilescout_cli.console.options import Json, example
from tilescout_cli.console.progress_view import ProgressView
from tilescout_cli.deployment import local_stack
from tilescout_cli.stack import paths
from tilescout_cli.stack.target import of_embedded
from tilescout_local import embedded_aws

app = typer.Typer(
    help="The embedded AWS on this machine; every command takes --local to work with it.",
    epilog=example("tilescout local up"),
    no_args_is_help=True,
)


@app.command("up", epilog=example("tilescout local up"))
def up(as_json: Json = False) -> None:
    """Start it and deploy the stack of this checkout to it. It keeps nothing when it ends."""
    with ProgressView() as view:
        stack = local_stack.up(view.step)
    if as_json:
        terminal.print_json(_facts())
        return
    typer.echo(f"the embedded AWS runs in {stack.home}; `tilescout local down` stops it")


@app.command("down", epilog=example("tilescout local down"))
def down(as_json: Json = False) -> None:
    """Stop it; documents and results in it are gone then."""
    running = embedded_aws.find_running(paths.embedded_home())
    if running:
        running.stop()
    if as_json:
        terminal.print_json({"stopped": running is not None})
    else:
        typer.echo("stopped" if running else "no embedded AWS was running")


@app.command("status", epilog=example("tilescout local status"))
def status(as_json: Json = False) -> None:
    """Tell whether it runs, where, and what is deployed."""
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
        "outputs": dict(of_embedded(running).outputs),
    }
