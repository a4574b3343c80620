"""`tilescout init`: a cdk.json with the shipped profiles, to be changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import Json, example

Folder = Annotated[Path, typer.Argument(metavar="[DIR]", help="The folder to write to.")]
app = command_app()


@app.command("init", epilog=example("tilescout init"))
def init(folder: Folder = Path(), as_json: Json = False) -> None:
    """Write a cdk.json with commented profiles; every command reads the nearest one.

    Members named "//" are comments. Without a cdk.json the shipped profiles are used.
    """
    from tilescout_cli.console import terminal
    from tilescout_cli.stack import cdk_profiles

    path = cdk_profiles.write_shipped(folder)
    if as_json:
        terminal.print_json({"file": str(path), "profiles": list(cdk_profiles.read(path).by_name)})
    else:
        typer.echo(f"written: {path}; change its profiles, then `tilescout plan FILE.pdf`")
