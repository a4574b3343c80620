"""Measures which words a PDF's text layer hides from a reader of pixels without saying so.

    python -m benchmarks.text_first --data DIR [--tiles 2] [--pages 1]

The profile ``text-first`` takes the words of the layer and has the tiles read that show lettering
outside of it. The local OCR reads tiles of the same pages, evenly chosen, whether they would be
read or not. A word that it is sure of (confidence 90, three letters or digits) is hidden where
neither a word of the layer lies under it nor a tile that is read shows it whole. Files that are
refused, as those with a password, have a row that says why, and do not count.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.text_drawings import ROOT, Reader
from tilescout.detections import Word
from tilescout.errors import TilescoutError
from tilescout.geometry import Box
from tilescout.intake.page_dpi import page_dpi
from tilescout.profiles import Profile
from tilescout.rendering.render import inspect_for_profile, render_page
from tilescout.rendering.requests import RenderedTile, RenderRequest
from tilescout_cli.stack import cdk_profiles
from tilescout_evaluate.metrics.text.pages import words_under
from tilescout_local.engines.text_reading import Quad

MIN_CONFIDENCE, MIN_LETTERS = 90, 3
SLACK = 0.5
"""The words of a layer may lie beside their ink by so many heights."""
HEAD = (
    "| drawing, page | words read | on the layer | in tiles that are read | hidden | examples |\n"
    "|---|---|---|---|---|---|"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPage:
    """A page as ``text-first`` has it: the layer's words, the tiles that are read, and all tiles;
    boxes are in page px."""

    name: str
    words: Sequence[Word]
    read: frozenset[int]
    tiles: Sequence[RenderedTile]

    def place_of(self, box: Box) -> str:
        """Returns where a word of the drawn pixels is found: layer, tiles or hidden."""
        if words_under(box.grow(SLACK * box.height, SLACK * box.height), self.words):
            return "layer"
        is_read = any(each.tile.index in self.read and each.tile.box.contains(box)
                      for each in self.tiles)  # fmt: skip
        return "tiles" if is_read else "hidden"


def pages_of(path: Path, profile: Profile, pages: int) -> Iterator[LayerPage]:
    """Yields the first ``pages`` pages of a PDF."""
    for facts in inspect_for_profile(path, profile, (1, pages)).pages:
        request = RenderRequest.for_page(facts.page, profile, dpi=page_dpi(facts, profile))
        read: list[RenderedTile] = []
        every: list[RenderedTile] = []
        words = render_page(path, request, read.append).words
        render_page(path, replace(request, tiles="always", text_layer=False), every.append)
        yield LayerPage(
            name=f"{path.stem}, {facts.page}",
            words=words,
            read=frozenset(each.tile.index for each in read),
            tiles=every,
        )


def hidden_words(page: LayerPage, reader: Reader, count: int) -> tuple[Counter[str], list[str]]:
    """Returns how many words each place has in ``count`` tiles of a page, and the hidden ones."""
    places, hidden = Counter[str](), list[str]()
    chosen = np.linspace(0, len(page.tiles) - 1, min(count, len(page.tiles))).round().astype(int)
    for tile in (page.tiles[at] for at in chosen):
        for text, box in _sure_words(tile, reader):
            place = page.place_of(box)
            places[place] += 1
            hidden += [text] * (place == "hidden")
    return places, hidden


def _sure_words(tile: RenderedTile, reader: Reader) -> Iterator[tuple[str, Box]]:
    """Yields the words that the OCR is sure of, with their boxes in page px."""
    lines, _ = reader.read(tile.image)
    for word in (word for line in lines for word in line.words):
        if word.confidence >= MIN_CONFIDENCE and sum(map(str.isalnum, word.text)) >= MIN_LETTERS:
            yield word.text, _on_page(word.quad, tile)


def _on_page(quad: Quad, tile: RenderedTile) -> Box:
    across, down = zip(*quad, strict=True)
    box = Box(min(across), min(down), max(across), max(down)).scale(tile.tile.scale)
    return box.shift(tile.tile.box.left, tile.tile.box.top)


def row(name: str, places: Counter[str], hidden: Sequence[str]) -> str:
    counts = " | ".join(str(places[place]) for place in ("layer", "tiles", "hidden"))
    return f"| {name} | {places.total()} | {counts} | {' '.join(hidden[:8])} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, action="append")
    parser.add_argument("--tiles", type=int, default=2, help="per page")
    parser.add_argument("--pages", type=int, default=1, help="per drawing")
    asked = parser.parse_args()
    profile = cdk_profiles.read(ROOT / "cdk.json").named("text-first")
    reader, total = Reader(ROOT), Counter[str]()
    print(HEAD, flush=True)
    for path in sorted(path for folder in asked.data for path in folder.glob("*.pdf")):
        try:
            for page in pages_of(path, profile, asked.pages):
                places, hidden = hidden_words(page, reader, asked.tiles)
                total.update(places)
                total["pages with words"] += bool(places)
                print(row(page.name, places, hidden), flush=True)
        except TilescoutError as refusal:
            print(f"| {path.stem} | refused | | | | {refusal} |", flush=True)
    print(f"\n{total.pop('pages with words', 0)} pages with words")
    print(row("all", total, []))
    print(f"\nhidden: {total['hidden'] / max(1, total.total()):.2%} of {total.total()} words")
    reader.close()


if __name__ == "__main__":
    main()
