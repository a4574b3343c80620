"""`tilescout export`: whole result sets, after their review, in the formats of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import Local, StackName, example

FormatName = Literal["json", "csv", "xlsx", "pdf", "html", "coco", "yolo", "voc", "cvat",
                     "label-studio", "geojson", "parquet"]  # fmt: skip
"""The formats of tilescout_exports, which takes long to import; a test compares both."""
Name = Annotated[
    str | None,
    typer.Argument(
        metavar="[DOCUMENT|PDF|KEY|FOLDER]",
        help="A document of the stack, or a folder that `detect` wrote.",
        show_default="all documents of the stack",
    ),
]
Format = Annotated[FormatName, typer.Option("--format", help="What to write.")]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="PATH", help="The file or folder to write.",
        show_default="standard output",
    ),
]  # fmt: skip
app = command_app()


@app.command("export", epilog=example("tilescout export out/demo --format xlsx --out tags.xlsx"))
def export(
    name: Name = None,
    format: Format = "json",
    out: Out = None,
    local: Local = False,
    stack: StackName = None,
) -> None:
    """Write the results of one document, or of all.

    A review of the results is taken into account.

    json: detections.json; one such object per line. csv: one row per detection. xlsx, geojson
    and parquet are files, the others folders: pdf has annotations with a layer per label, html
    opens in any browser, coco, yolo, voc, cvat and label-studio have pictures of the pages.
    """
    from tilescout_cli.documents import export as exports

    if name and Path(name).is_dir():
        exports.export_folder(name, format, out)
        return
    from tilescout_cli.documents import queries
    from tilescout_cli.stack import target

    deployed = target.find(local=local, stack=stack)
    exports.export(deployed, queries.selected(deployed, name), format, out)
