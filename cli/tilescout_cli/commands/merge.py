"""`tilescout merge`: one object from what several tiles saw of it, for any detector's boxes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import Json, example

TilesJson = Annotated[
    Path, typer.Argument(metavar="FILE", help="JSON of tiles and boxes.", show_default=False)
]
SameTileIou = Annotated[
    float,
    typer.Option(
        metavar="IOU",
        help="IoU from which two boxes of one tile are one object; .25 for a detector that "
        "leaves doubtful boxes half over each other.",
        min=0.01,
        max=1,
    ),
]
app = command_app()


@app.command("merge", epilog=example("tilescout merge tiles.json --json"))
def merge(file: TilesJson, same_tile_iou: SameTileIou = 0.8, as_json: Json = False) -> None:
    """Merge the boxes that overlapping tiles of one page saw. Needs no AWS.

    The file: {"width": 9000, "height": 6000, "tiles":
    [{"box": [0, 0, 640, 640], "detections":
    [{"label": "valve", "confidence": 93, "box": [12, 40, 52, 80]}]}]}

    Boxes are left, top, right, bottom in pixels of the page; or, with
    "boxes_in": "tile", in pixels of the tile's image, from its corner.
    "scale" of a tile is the number of page pixels per pixel of its image.
    "text_labels" names the labels of lines of text.
    """
    from tilescout_cli.documents import tile_merging

    tile_merging.merge(file, same_tile_iou, as_json=as_json)
