"""Makes annotated pages: sample drawings of any seed, with symbols in every turn and near misses.

python -m benchmarks.symbols.pages out/pages --seeds 100-105
writes a PDF a seed and annotations.coco.json, which `tilescout dataset build` reads.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tilescout.geometry import Box
from tilescout_samples.border import draw_border
from tilescout_samples.floor_plan import draw_floor_plan
from tilescout_samples.process import draw_process
from tilescout_samples.sheet import POINTS_PER_MM, Sheet
from tilescout_samples.symbols import place_near_miss, place_symbol
from tilescout_samples.tags import TagNames

A2 = (594.0, 420.0)
# Millimetres as the sample sheets draw them; each is drawn 15 % larger or smaller.
SIZES = {"gate-valve": 9.0, "control-valve": 9.0, "pump": 13.0, "light": 7.0,
         "socket-outlet": 6.0, "fire-alarm": 6.5, "switch": 5.0}  # fmt: skip
TURNS = (0, 90, 180, 270)
SCATTERED = 140
TRIES = 60


def annotated_sheet(seed: int, scattered: int = SCATTERED, *, askew: bool = False) -> Sheet:
    """Draws an A2 sheet: piping, a floor plan, and symbols of all kinds and turns wherever there is
    room.

    There is one near miss for every two symbols. ``askew`` turns the scattered ones by any angle
    instead of quarter turns.
    """
    chance = random.Random(seed)
    sheet = Sheet(*A2, chance)
    names = TagNames(chance)
    field = draw_border(sheet, "SYMBOLS", "A2")
    middle = field.left + chance.uniform(0.4, 0.6) * field.width
    halves = [draw_process, draw_floor_plan]
    chance.shuffle(halves)
    halves[0](sheet, Box(field.left, field.top, middle, field.bottom), names)
    halves[1](sheet, Box(middle, field.top, field.right, field.bottom), names)
    for _ in range(scattered):
        _scatter(sheet, field, range(360) if askew else TURNS)
    return sheet


def _scatter(sheet: Sheet, field: Box, turns: Sequence[int]) -> None:
    label = sheet.chance.choice(tuple(SIZES))
    turn = sheet.chance.choice(turns)
    reach = 0.95 * SIZES[label]
    for _ in range(TRIES):
        x = sheet.chance.uniform(field.left + reach, field.right - reach)
        y = sheet.chance.uniform(field.top + reach, field.bottom - reach)
        if sheet.is_free(Box(x, y, x, y).grow(reach, reach)):
            truth = sheet.truth
            wants_near_miss = 2 * len(truth.distractors) < len(truth.symbols)
            place = place_near_miss if wants_near_miss else place_symbol
            place(sheet, label, (x, y), SIZES[label], turn)
            return


def write_pages(folder: Path, seeds: range, scattered: int = SCATTERED) -> Path:
    """Writes one PDF per seed and the COCO file of all (boxes in points), whose path is
    returned."""
    return write_sheets(folder, ((seed, annotated_sheet(seed, scattered)) for seed in seeds))


def write_sheets(folder: Path, sheets: Iterable[tuple[int, Sheet]]) -> Path:
    """Writes one PDF per sheet, named by its number, and the COCO file of all."""
    folder.mkdir(parents=True, exist_ok=True)
    labels = sorted(SIZES)
    coco: dict[str, Any] = {
        "images": [],
        "annotations": [],
        "categories": [{"id": number, "name": name} for number, name in enumerate(labels, 1)],
    }
    for image, (seed, sheet) in enumerate(sheets, 1):
        path = folder / f"page_{seed}.pdf"
        sheet.finish().save(path, deflate=True, garbage=3, no_new_id=True)
        coco["images"].append({
            "id": image, "file_name": path.name, "page": 1,
            "width": sheet.width * POINTS_PER_MM, "height": sheet.height * POINTS_PER_MM,
        })  # fmt: skip
        for symbol in sheet.truth.symbols:
            left, top, right, bottom = symbol["box_pt"]
            coco["annotations"].append({
                "id": len(coco["annotations"]) + 1, "image_id": image, "iscrowd": 0,
                "category_id": labels.index(symbol["label"]) + 1,
                "bbox": [left, top, right - left, bottom - top],
                "area": (right - left) * (bottom - top),
            })  # fmt: skip
    written = folder / "annotations.coco.json"
    written.write_text(json.dumps(coco) + "\n")
    return written


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", default="100-105", help="first-last")
    options = parser.parse_args()
    first, last = map(int, options.seeds.split("-"))
    print(write_pages(options.folder, range(first, last + 1)))


if __name__ == "__main__":
    main()
