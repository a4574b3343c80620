"""`tilescout sample`: drawings with known contents, for a first try."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import Json, example

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write to.")]
app = command_app()


@app.command("sample", epilog=example("tilescout sample out/samples"))
def sample(folder: Folder, as_json: Json = False) -> None:
    """Write sample drawings, and beside each what is drawn where."""
    from tilescout_cli.console import terminal
    from tilescout_cli.console.failures import BadUsage
    from tilescout_samples import write_samples

    try:
        written = write_samples(folder)
    except OSError as error:
        raise BadUsage(
            f"{folder} cannot be written ({error.strerror}); give another folder"
        ) from error
    if as_json:
        terminal.print_json([str(path) for path in written])
    else:
        for path in written:
            typer.echo(str(path))
