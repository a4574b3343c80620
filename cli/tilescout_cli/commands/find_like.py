"""`tilescout find-like`: every symbol that looks like the one in a box, on drawings and scans."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import Json, Pages, example

BoxesAndFiles = Annotated[
    list[str],
    typer.Argument(
        metavar="EXAMPLE... PDF...",
        help="Boxes as FILE#PAGE:LEFT,TOP,RIGHT,BOTTOM=LABEL in points, then the PDFs to search; "
        "without any the examples' own files.",
        show_default=False,
    ),
]
Rejects = Annotated[
    list[str] | None,
    typer.Option(
        "--not", metavar="BOX", help="A box round a wrong find; may be given several times."
    ),
]
Least = Annotated[
    float,
    typer.Option("--least", metavar="SCORE", help="The least score of a find.", min=0, max=1),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", help="Where CSV, contact sheet and annotated PDFs are written.",
        show_default="out/find-like",
    ),
]  # fmt: skip
LabelsTo = Annotated[
    Path | None,
    typer.Option(
        "--dataset", metavar="DIR", show_default=False,
        help="Write labels for training there: finds of .8 and more; the others are ignored.",
    ),
]  # fmt: skip
SaveProfile = Annotated[
    str,
    typer.Option(
        "--save-profile", metavar="NAME", show_default=False,
        help="Write a profile of the stack to the folder's cdk.json, else under --out, and what "
        "was learned from the examples under --out.",
    ),
]  # fmt: skip
EXAMPLE = example("tilescout find-like 'plan.pdf#1:100,200,130,230=receptacle' plans/*.pdf")
app = command_app()


@app.command("find-like", epilog=EXAMPLE)
def find_like(
    boxes_and_files: BoxesAndFiles,
    rejects: Rejects = None,
    least: Least = 0.5,
    pages: Pages = "",
    out: Out = None,
    dataset: LabelsTo = None,
    save_profile: SaveProfile = "",
    as_json: Json = False,
) -> None:
    """Find every symbol that looks like the one in a box. Needs no AWS.

    The box is in points of the page as it is shown, from its top left. Symbols
    may be turned by quarters, mirrored, and 0.8 to 1.3 times as large. Of finds
    with a score of .8 about 8 of 10 are right. A second example finds more, and
    --not takes wrong ones away.

    Pages are searched by their strokes, and scans and pictures by their pixels,
    for which a second example does most.
    """
    from tilescout_cli.documents import example_search

    places = example_search.Places(
        out=out or Path("out/find-like"), dataset=dataset, profile=save_profile
    )
    example_search.find_like(boxes_and_files, rejects or [], (least, pages), places, as_json)
