"""`tilescout sample`: drawings with known contents, for a first try."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tilescout_cli.console import terminal
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.console.options import Json, example
from tilescout_samples import write_samples


def register(app: typer.Typer) -> None:
    app.command("sample", epilog=example("tilescout sample out/samples"))(sample)


def sample(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write them.")],
    as_json: Json = False,
) -> None:
    """Write the sample drawings, and beside them what is drawn where."""
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
