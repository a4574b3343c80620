"""Measures how many unannotated objects `tilescout dataset check` points out, and how wrongly.

    python -m benchmarks.look_alikes [--out docs/look_alikes.md]

Of annotated sheets a tenth of the annotations is withheld. What is pointed out then is a withheld
object, a near miss (a drawing that only resembles one; there is one for every two), or nothing.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.symbols.unseen_pages import DPI, OVERLAP, TILE_SIZE, UnseenPage, annotated_page
from tilescout.geometry import Box, iou
from tilescout.profiles import Profile
from tilescout_datasets import datasets, look_alikes
from tilescout_datasets.annotations import AnnotatedPage, Annotation, LookAlike
from tilescout_datasets.datasets import Shares

SEEDS = range(700, 704)
WITHHELD = 0.1
MATCH_IOU = 0.3
PROFILE = Profile(name="symbols", detector="onnx", dpi=DPI, tile_size=TILE_SIZE, overlap=OVERLAP)
PAGE = """# Look-alikes pointed out

Written by `python -m benchmarks.look_alikes`: {sheets} sheets of seeds {first} to {last}, seven
kinds in four turns and of ± 15 % in size, a near miss for every two symbols. A tenth of the
annotations, {withheld}, was withheld before `tilescout dataset check` looked.

{table}
{pointed} places are pointed out: {right} withheld objects, {near} near misses, {wrong} others. It
takes {seconds:.2f} s of a core per tile of {tile:,} px. Nothing was tuned on these seeds.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--seeds", default=f"{SEEDS[0]}-{SEEDS[-1]}", help="first-last")
    options = parser.parse_args()
    first, last = map(int, options.seeds.split("-"))
    text = measured(range(first, last + 1))
    print(text)
    if options.out:
        options.out.write_text(text)


def measured(seeds: range) -> str:
    """Returns the page."""
    with tempfile.TemporaryDirectory() as folder:
        sheets = [annotated_page(seed, Path(folder)) for seed in seeds]
        parts = [_withhold(sheet, seed) for sheet, seed in zip(sheets, seeds, strict=True)]
        pages = [page for page, _ in parts]
        dataset = datasets.build(pages, PROFILE, Path(folder) / "set", Shares(empty=1))
        tiles = dataset.train + dataset.test
        started = time.process_time()
        found = look_alikes.find(tiles)
        seconds = (time.process_time() - started) / len(tiles)
    withheld = {page.name: left for page, left in parts}
    near = {page.name: sheet.near_misses for page, sheet in zip(pages, sheets, strict=True)}
    judged = [(annotation.label, _judged(annotation, withheld, near)) for annotation in found]
    counts = Counter(verdict for _, verdict in judged)
    return PAGE.format(
        sheets=len(seeds), first=seeds[0], last=seeds[-1], table=_table(judged, withheld),
        withheld=sum(map(len, withheld.values())), pointed=len(found), right=counts["right"],
        near=counts["near"], wrong=counts["wrong"], seconds=seconds, tile=TILE_SIZE,
    )  # fmt: skip


def _withhold(sheet: UnseenPage, seed: int) -> tuple[AnnotatedPage, tuple[Annotation, ...]]:
    """Returns the page with nine tenths of its annotations, and the others; sizes in px at the
    dpi."""
    chance = random.Random(seed)
    left = set(chance.sample(range(len(sheet.truth)), round(WITHHELD * len(sheet.truth))))
    parts = tuple(
        tuple(annotation for at, annotation in enumerate(sheet.truth) if (at in left) is wanted)
        for wanted in (False, True)
    )
    page = AnnotatedPage(path=sheet.path, page=1, width=594 / 25.4 * DPI,
                         height=420 / 25.4 * DPI, annotations=parts[0])  # fmt: skip
    return replace(page), parts[1]


def _judged(
    look_alike: LookAlike,
    withheld: dict[str, tuple[Annotation, ...]],
    near: dict[str, tuple[Box, ...]],
) -> str:
    if any(iou(look_alike.box, other.box) >= MATCH_IOU for other in withheld[look_alike.page]):
        return "right"
    return (
        "near"
        if any(iou(look_alike.box, box) >= MATCH_IOU for box in near[look_alike.page])
        else "wrong"
    )


def _table(judged: list[tuple[str, str]], withheld: dict[str, tuple[Annotation, ...]]) -> str:
    return "\n".join(_rows(judged, withheld)) + "\n"


def _rows(
    judged: list[tuple[str, str]], withheld: dict[str, tuple[Annotation, ...]]
) -> Iterator[str]:
    labels = Counter(annotation.label for left in withheld.values() for annotation in left)
    counts = Counter(judged)
    yield "| label | withheld | pointed out | near misses pointed out | others |"
    yield "|---|---|---|---|---|"
    for label, number in sorted(labels.items()):
        right, near, wrong = (counts[label, verdict] for verdict in ("right", "near", "wrong"))
        yield f"| {label} | {number} | {right} | {near} | {wrong} |"
    right, near, wrong = (
        sum(counts[label, verdict] for label in labels) for verdict in ("right", "near", "wrong")
    )
    yield f"| all | {sum(labels.values())} | {right} | {near} | {wrong} |"


if __name__ == "__main__":
    main()
