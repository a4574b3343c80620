"""`tilescout detect`: upload, run, wait and show, on AWS or on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import Json, Local, Pages, Pdfs, ProfileNames, StackName, example

SECONDS_PER_MINUTE = 60

Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder for result files.")]
Timeout = Annotated[
    float, typer.Option("--timeout", metavar="MIN", min=0.1, help="Minutes to wait.")
]
Keep = Annotated[bool, typer.Option("--keep", help="Leave the embedded AWS running at the end.")]
app = command_app()


@app.command("detect", epilog=example("tilescout detect --local --profile tags plan.pdf"))
def detect(
    pdfs: Pdfs,
    local: Local = False,
    stack: StackName = None,
    profile: ProfileNames = None,
    out: Out = Path("out"),
    pages: Pages = "",
    timeout: Timeout = 60.0,
    keep: Keep = False,
    as_json: Json = False,
) -> None:
    """Upload PDFs, run the detection, wait for it and show the results.

    DIR/<name>/ receives detections.json, detections.csv, annotated.pdf, preview.png and a copy
    of the drawing. With several profiles each has a folder of its own in it, and the pictures
    show all of them.

    Exit code 0: every document is DONE; 1: some are not; 2: a file or an option
    cannot be used; 3: the target cannot be reached; 130: interrupted.
    """
    from tilescout_cli.runs import detection

    order = detection.Order(
        pdfs=pdfs,
        profiles=detection.profile_names(profile),
        pages=pages,
        out=out,
        seconds=timeout * SECONDS_PER_MINUTE,
    )
    where = detection.Where(local=local, stack=stack, keep=keep)
    raise typer.Exit(detection.detect(order, where, as_json=as_json))
