"""`tilescout version`."""

from __future__ import annotations

import importlib.metadata

import typer

from tilescout_cli.console import terminal
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.console.options import Json, example


def register(app: typer.Typer) -> None:
    app.command("version", epilog=example("tilescout version"))(version)


def version(as_json: Json = False) -> None:
    """Print the version."""
    found = _installed()
    if as_json:
        terminal.print_json({"version": found})
    else:
        typer.echo(f"tilescout {found}")


def _installed() -> str:
    try:
        return importlib.metadata.version("tilescout")
    except importlib.metadata.PackageNotFoundError as error:
        raise BadUsage(
            "the package tilescout is not installed, only found; run `make install`"
        ) from error
