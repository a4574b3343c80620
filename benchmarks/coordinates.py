"""Checks that boxes lie on their words on pages that are turned or cropped.

    python -m benchmarks.coordinates --drawings DIR [--out docs/coordinates.md]

Each detection whose text equals words of the PDF's text layer is compared with the union of those
words, once in page pixels and once in points; nearest pairs first, and each word in one pair only.
A word's box is the layer's: as wide as the pen moves, as high as the font, so a narrow 1 read to
its ink counts as off its word. The words come from pdfium, an independent reader
(PyMuPDF shifts the boxes of mirrored upright text by half their height), and are moved to the
shown page here: nothing of Tilescout's own reading of text or turning of pages is used.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from math import dist
from pathlib import Path

import pypdfium2

from benchmarks.local_run import detect, embedded_aws
from tilescout.geometry import Box, iou, union
from tilescout_evaluate.metrics.text.accuracy import letters_and_digits

DRAWINGS = {
    "framework16_interfaces_sch": "3",
    "framework_connector_rot270": "1",
    "pdfjs_issue14497_rot90": "1",
    "pdfjs_issue6413_cropbox": "1",
}
MIN_IOU = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A drawing: the number of detections that match words, and of those that lie on them."""

    drawing: str
    profile: str
    rotation: int
    matched: int
    on_word_px: int
    on_word_pt: int


def shown_words(path: Path, page: int) -> list[tuple[str, Box]]:
    """Returns words and their boxes in points of the page as shown."""
    with pypdfium2.PdfDocument(path) as document:
        sheet = document[page - 1]
        text = sheet.get_textpage()
        letters = text.get_text_range()
        boxes = [
            _shown(sheet, text.get_charbox(index, loose=True)) for index in range(len(letters))
        ]
    return [
        (letters[word.start() : word.end()], union(boxes[word.start() : word.end()]))
        for word in re.finditer(r"\S+", letters)
    ]


def _shown(sheet: pypdfium2.PdfPage, box: tuple[float, float, float, float]) -> Box:
    """Converts from user space (origin bottom left, not turned) to points of the shown page."""
    left, bottom, right, top = sheet.get_cropbox()
    across, down = (box[0] - left, box[2] - left), (top - box[3], top - box[1])
    width, height = right - left, top - bottom
    turned = {
        0: (across, down),
        90: ((height - down[1], height - down[0]), across),
        180: ((width - across[1], width - across[0]), (height - down[1], height - down[0])),
        270: (down, (width - across[1], width - across[0])),
    }[sheet.get_rotation()]
    return Box(turned[0][0], turned[1][0], turned[0][1], turned[1][1])


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """A detection and words of the text layer, by their indices; the nearest pair sorts first."""

    distance: float
    detection: int
    words: tuple[int, ...]


def _pairs(found: list[tuple[str, Box]], words: list[tuple[str, Box]]) -> Iterator[Pair]:
    """Pairs each detection with every run of words that has the same text and is centred near
    it."""
    for number, (text, box) in enumerate(found):
        reach = min(box.width, box.height) / 2
        near = box.grow(reach, reach)
        under = [n for n, word in enumerate(words) if _holds(near, word[1].centre)]
        for run in _runs(under, letters_and_digits(text), words):
            target = union(words[n][1] for n in run)
            yield Pair(dist(box.centre, target.centre), number, run)


def _holds(box: Box, point: tuple[float, float]) -> bool:
    return box.left <= point[0] <= box.right and box.top <= point[1] <= box.bottom


def _runs(under: list[int], wanted: str, words: list[tuple[str, Box]]) -> Iterator[tuple[int, ...]]:
    """Yields runs of words, in the layer's order, whose joined text is ``wanted``."""
    for start in range(len(under)):
        for stop in range(start + 1, len(under) + 1):
            text = letters_and_digits("".join(words[n][0] for n in under[start:stop]))
            if text and text == wanted:
                yield tuple(under[start:stop])
            if len(text) >= len(wanted):
                break


def matched(found: list[tuple[str, Box]], words: list[tuple[str, Box]]) -> list[tuple[int, Box]]:
    """Returns detections with the box of their words; no word and no detection is in two pairs."""
    used: set[int] = set()
    chosen: dict[int, Box] = {}
    for pair in sorted(_pairs(found, words)):
        if pair.detection not in chosen and used.isdisjoint(pair.words):
            used.update(pair.words)
            chosen[pair.detection] = union(words[n][1] for n in pair.words)
    return sorted(chosen.items())


def check(path: Path, profile: str, page: str, folder: Path) -> Row:
    run = detect(path, profile, folder, pages=page)
    sheet = run.result["document"]["pages"][0]
    found = run.result["detections"]
    in_pt = [(row["text"], Box(*row["box_pt"])) for row in found]
    in_px = [Box(*row["box_px"]).to_points(sheet["dpi"]) for row in found]
    pairs = matched(in_pt, shown_words(path, int(page)))
    return Row(
        drawing=path.stem,
        profile=profile,
        rotation=sheet["rotation"],
        matched=len(pairs),
        on_word_px=sum(iou(in_px[n], target) >= MIN_IOU for n, target in pairs),
        on_word_pt=sum(iou(in_pt[n][1], target) >= MIN_IOU for n, target in pairs),
    )


def _share(count: int, row: Row) -> str:
    return f"{count / row.matched:.3f}" if row.matched else "none"


def table(found: list[Row]) -> str:
    head = "| drawing | rotation | profile | matched | on their words, px | pt |"
    rule = "|---|---|---|---|---|---|"
    lines = [
        f"| {row.drawing} | {row.rotation} | {row.profile} | {row.matched} "
        f"| {_share(row.on_word_px, row)} | {_share(row.on_word_pt, row)} |"
        for row in found
    ]
    return "\n".join([head, rule, *lines]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drawings", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, embedded_aws(Path(folder) / "home"):
        found = [
            check(asked.drawings / f"{name}.pdf", profile, page, Path(folder))
            for name, page in DRAWINGS.items()
            for profile in ("text", "pdf-text")
        ]
    text = table(found)
    print(text)
    if asked.out:
        asked.out.write_text(text)


if __name__ == "__main__":
    main()
