"""Whether boxes lie on their words, on pages that are turned or cropped.

    python -m benchmarks.coordinates --drawings DIR [--out docs/coordinates.md]

Each detection whose text equals words of the PDF's text layer is compared with the union of those
words, once in page pixels and once in points. The words come from pdfium, an independent reader
(PyMuPDF shifts the boxes of mirrored upright text by half their height), and are moved to the
shown page here: nothing of Tilescout's own reading of text or turning of pages is used.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pypdfium2

from benchmarks.local_run import detect, embedded_aws
from benchmarks.text_accuracy import plain
from tilescout.geometry import Box, iou, union

DRAWINGS = {
    "framework16_interfaces_sch": "3",
    "framework_connector_rot270": "1",
    "pdfjs_issue14497_rot90": "1",
    "pdfjs_issue6413_cropbox": "1",
}
SMALLEST_IOU = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One drawing: how many detections match words, and how many lie on them."""

    drawing: str
    profile: str
    rotation: int
    matched: int
    on_word_px: int
    on_word_pt: int


def shown_words(path: Path, page: int) -> list[tuple[str, Box]]:
    """Words and their boxes in points of the page as shown."""
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
    """From user space (origin bottom left, not turned) to points of the shown page."""
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


def _words_under(box: Box, text: str, words: list[tuple[str, Box]]) -> Box | None:
    """The union of the words that make up ``text``, of those whose centre is near the box."""
    near = box.grow(box.height / 2, box.height / 2)
    under = [
        (word, place)
        for word, place in words
        if near.left <= place.centre[0] <= near.right and near.top <= place.centre[1] <= near.bottom
    ]
    used = [place for word, place in under if plain(word) and plain(word) in plain(text)]
    letters = sum(len(plain(word)) for word, place in under if place in used)
    return union(used) if used and letters == len(plain(text)) else None


def check(path: Path, profile: str, page: str, folder: Path) -> Row:
    run = detect(path, profile, folder, pages=page)
    sheet = run.result["document"]["pages"][0]
    words = shown_words(path, int(page))
    in_px = in_pt = matched = 0
    for found in run.result["detections"]:
        box = Box(*found["box_pt"])
        target = _words_under(box, found["text"], words)
        if target is None or not plain(found["text"]):
            continue
        matched += 1
        in_pt += iou(box, target) >= SMALLEST_IOU
        in_px += iou(Box(*found["box_px"]).to_points(sheet["dpi"]), target) >= SMALLEST_IOU
    return Row(
        drawing=path.stem,
        profile=profile,
        rotation=sheet["rotation"],
        matched=matched,
        on_word_px=in_px,
        on_word_pt=in_pt,
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
