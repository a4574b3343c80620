"""Measures how often the correction of look-alikes in snippets is right, on tiles of drawings.

    python -m benchmarks.snippet_corrections --data DIR [--tiles 3] [--pages 1]

The local OCR reads the fullest tiles of every drawing with a text layer. For each shape that
several words of a tile have (two letters, a dash, four digits) a snippet is looked for in its
lines, as users write it. A corrected one is right where the layer has it at its place.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from itertools import groupby
from pathlib import Path

from benchmarks.text_drawings import ROOT, Reader, TileTruth, text_profile, tiles_of
from tilescout.detections import TextLine, Word
from tilescout.geometry import bounding_box, union
from tilescout.merging.text.confusions import normalise
from tilescout.merging.text.snippets import find_snippets
from tilescout.profiles import Find
from tilescout_local.engines.text_reading import Line

MIN_OF_SHAPE = 4


def finds_of(tile: TileTruth) -> list[Find]:
    """Returns a find for each shape of several words of letters and digits, as users write it."""
    shapes = Counter(
        shape
        for word in tile.words
        if (shape := _shape(word.text)) and "[A-Z]" in shape and r"\d" in shape
    )
    return [
        Find(label=shape, pattern=shape)
        for shape, count in sorted(shapes.items())
        if count >= MIN_OF_SHAPE
    ]


def _shape(text: str) -> str:
    """Returns a pattern for words like ``text``: letters for letters, digits for digits."""
    parts = []
    for kind, run in groupby(normalise(text), key=_kind):
        length = len(list(run))
        parts.append(f"{kind}{{{length}}}" if length > 1 else kind)
    return "".join(parts)


def _kind(character: str) -> str:
    if character.isdigit():
        return r"\d"
    return "[A-Z]" if character.isalpha() else re.escape(character)


def text_lines(lines: list[Line]) -> list[TextLine]:
    """Returns the reader's lines as merged lines; only those that run right."""
    merged = []
    for number, line in enumerate(lines):
        if abs(line.quad[1][0] - line.quad[0][0]) > abs(line.quad[1][1] - line.quad[0][1]):
            words = tuple(
                Word(
                    text=word.text,
                    confidence=word.confidence,
                    box=bounding_box(word.quad),
                    line=number,
                )
                for word in line.words
                if bounding_box(word.quad).area > 0
            )
            if words:
                text = " ".join(word.text for word in words)
                box = union(word.box for word in words)
                merged.append(
                    TextLine(
                        text=text, confidence=line.confidence, box=box, words=words, tiles=(0,)
                    )
                )
    return merged


def counted(tile: TileTruth, lines: list[Line]) -> Counter[tuple[int, bool]]:
    """Returns how many snippets there are by corrections, and whether the layer has them."""
    counts: Counter[tuple[int, bool]] = Counter()
    for found in find_snippets(text_lines(lines), finds_of(tile)):
        near = found.box.grow(found.box.height, found.box.height)
        words = [word for word in (*tile.words, *tile.partial) if near.intersection(word.box).area]
        truth = normalise(" ".join(word.text for word in words))
        if words:
            counts[found.corrections, found.normalised_text in truth] += 1
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, action="append")
    parser.add_argument("--tiles", type=int, default=3, help="per page")
    parser.add_argument("--pages", type=int, default=1, help="per drawing")
    asked = parser.parse_args()
    reader = Reader(ROOT)
    counts: Counter[tuple[int, bool]] = Counter()
    for path in sorted(path for folder in asked.data for path in folder.glob("*.pdf")):
        for tile in tiles_of(path, text_profile(), asked.pages, asked.tiles):
            counts += counted(tile, reader.read(tile.image)[0])
    reader.close()
    print("| corrections | found | right |\n|---|---|---|")
    for corrections in sorted({number for number, _ in counts}):
        right, wrong = (counts[corrections, is_right] for is_right in (True, False))
        print(f"| {corrections} | {right + wrong} | {right} |")


if __name__ == "__main__":
    main()
