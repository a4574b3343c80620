"""`tilescout version`, and what `tilescout --version` prints."""

from __future__ import annotations

import typer

from tilescout_cli.console import terminal
from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.console.options import Json, example

app = command_app()


@app.command("version", epilog=example("tilescout version"))
def version(as_json: Json = False) -> None:
    """Print the version."""
    found = _installed()
    if as_json:
        terminal.print_json({"version": found})
    else:
        typer.echo(f"tilescout {found}")


def _installed() -> str:
    import importlib.metadata

    try:
        return importlib.metadata.version("tilescout")
    except importlib.metadata.PackageNotFoundError as error:
        raise BadUsage(
            "the package tilescout is on the path but not installed; install it with pip"
        ) from error
