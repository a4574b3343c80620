"""One object from what several tiles saw of it, for the boxes of any detector."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.table import Table

from tilescout.merging import MergedBoxes, merge_detections
from tilescout_cli.console import terminal
from tilescout_cli.console.tables import MAX_ROWS
from tilescout_cli.console.terminal import counted, plain
from tilescout_cli.documents import tile_files
from tilescout_cli.documents.tile_files import TileFile

SIDES = ("left", "top", "right", "bottom")


def merge(file: Path, same_tile_iou: float, *, as_json: bool) -> None:
    """Prints the objects that the boxes of a file of tiles show. Raises BadUsage for the file."""
    given = tile_files.read(file)
    objects = _objects(given, same_tile_iou)
    if as_json:
        page = {"width": given.width, "height": given.height}
        terminal.print_json(page | {"objects": objects})
        return
    boxes = sum(len(tile.detections) for tile in given.tiles)
    terminal.out.print(_table(objects))
    if len(objects) > MAX_ROWS:
        terminal.out.print(f"and {len(objects) - MAX_ROWS:,} more, see --json")
    tiles, found = counted(len(given.tiles), "tile"), counted(len(objects), "object")
    terminal.say(f"{tiles} with {counted(boxes, 'detection')}: {found}")


def _objects(given: TileFile, same_tile_iou: float) -> list[dict[str, Any]]:
    seen = [
        (number, place, found)
        for number, tile in enumerate(given.tiles)
        for place, found in enumerate(tile.detections)
    ]
    names = sorted({found.label for *_, found in seen})
    label = {name: at for at, name in enumerate(names)}
    in_tile = given.boxes_in == "tile"
    merged = merge_detections(
        [given.tiles[at].on_page(found.box) if in_tile else found.box for at, _, found in seen],
        [found.confidence for *_, found in seen],
        [label[found.label] for *_, found in seen],
        [at for at, *_ in seen],
        [tile.box for tile in given.tiles],
        (given.width, given.height),
        [at for at, name in enumerate(names) if name in given.text_labels],
        [tile.scale for tile in given.tiles],
        same_tile_iou,
    )
    places = [(number, place) for number, place, _ in seen]
    return [_object(merged, row, names, places) for row in range(len(merged.boxes))]


def _object(
    merged: MergedBoxes, row: int, names: list[str], places: list[tuple[int, int]]
) -> dict[str, Any]:
    flags = merged.open_sides[row].tolist()
    return {
        "label": names[merged.labels[row]],
        "confidence": round(float(merged.confidences[row]), 4),
        "box": [round(side, 2) for side in merged.boxes[row].tolist()],
        "open_sides": [side for side, is_open in zip(SIDES, flags, strict=True) if is_open],
        "members": [
            {"tile": number, "detection": place}
            for number, place in sorted(places[at] for at in merged.members_of(row).tolist())
        ],
    }


def _table(objects: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("label", no_wrap=True, overflow="ellipsis", max_width=24)
    for name in ("conf.", "box (px)", "tiles"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("not seen", no_wrap=True)
    for each in objects[:MAX_ROWS]:
        table.add_row(
            plain(each["label"]),
            plain(f"{each['confidence']:.1f}"),
            plain(" ".join(f"{side:.0f}" for side in each["box"])),
            plain(len({member["tile"] for member in each["members"]})),
            plain(" ".join(each["open_sides"])),
        )
    return table
