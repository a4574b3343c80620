"""Counts the tiles of drawings that take an answer which was given before, by their pixels alone.

    python -m benchmarks.reused_tiles --drawings DIR [--tile-size 1024] [--pages 10]

Of each PDF: its tiles, those that look like an earlier one of the same file, those that look like
one of a file before it, and those that are answered again after a small symbol was drawn in the
middle of its first page and the file was saved anew. With `--pair OLD NEW`, which may be repeated,
the same for two versions of one drawing.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pymupdf

from tilescout.detectors.reuse import reuse_key
from tilescout.errors import TilescoutError
from tilescout.profiles import Profile
from tilescout.rendering.process import end_renderers
from tilescout.rendering.render import render_page
from tilescout.rendering.requests import RenderedTile, RenderRequest

SYMBOL_PT = 6
HEAD = "| drawing | pages | tiles | repeated in it | known before | after a change, sent |"


@dataclass(frozen=True, slots=True)
class Tiles:
    """The contents of the tiles of a file, in order, and its number of pages."""

    pages: int
    contents: list[str]

    @property
    def repeated(self) -> int:
        return len(self.contents) - len(set(self.contents))

    def new_beside(self, known: set[str]) -> int:
        """Returns how many calls the tiles take where those of ``known`` were answered."""
        return len(set(self.contents) - known)


def tiles_of(path: Path, profile: Profile, max_pages: int) -> Tiles:
    """Renders the first pages of a PDF as a run would."""
    with pymupdf.open(path) as document:
        pages = min(document.page_count, max_pages)
    contents: list[str] = []

    def note(tile: RenderedTile) -> None:
        contents.append(reuse_key(tile.image, tile.tile, profile))

    for page in range(1, pages + 1):
        render_page(path, RenderRequest.for_page(page, profile), note)
    return Tiles(pages, contents)


def with_symbol(path: Path, folder: Path) -> Path:
    """Writes the PDF once more with a small circle in the middle of its first page."""
    changed = folder / path.name
    with pymupdf.open(path) as document:
        page = document[0]
        middle = page.rect.width / 2, page.rect.height / 2
        page.draw_circle(pymupdf.Point(middle) * page.derotation_matrix, SYMBOL_PT)
        document.save(changed)
    return changed


def rows(files: list[Path], profile: Profile, max_pages: int) -> Iterator[str]:
    """Yields a row per drawing; those that cannot be rendered are named."""
    known: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        for path in files:
            try:
                first = tiles_of(path, profile, max_pages)
                second = tiles_of(with_symbol(path, Path(folder)), profile, max_pages)
            except (TilescoutError, RuntimeError, ValueError) as error:
                yield f"| {path.stem} | | | {type(error).__name__} | | |"
                continue
            sent = second.new_beside(set(first.contents))
            seen = sum(each in known for each in first.contents)
            yield (
                f"| {path.stem} | {first.pages} | {len(first.contents)} | {first.repeated} "
                f"| {seen} | {sent} ({sent / max(1, len(second.contents)):.1%}) |"
            )
            known |= set(first.contents)


def main() -> None:
    """Prints the tables of docs/measured.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reused_tiles")
    parser.add_argument("--drawings", type=Path, help="A folder of PDFs.")
    parser.add_argument("--pair", type=Path, nargs=2, action="append", default=[])
    parser.add_argument("--tile-size", type=int, default=1024)
    parser.add_argument("--pages", type=int, default=10, help="The first pages of each PDF.")
    options = parser.parse_args()
    profile = Profile(
        name="p", detector="textract", dpi=200, tile_size=options.tile_size, overlap=128
    )
    if options.drawings:
        print(f"{HEAD}\n|---|---|---|---|---|---|")
        for row in rows(sorted(options.drawings.glob("*.pdf")), profile, options.pages):
            print(row, flush=True)
    for old, new in options.pair:
        before = tiles_of(old, profile, options.pages)
        after = tiles_of(new, profile, options.pages)
        sent = after.new_beside(set(before.contents))
        print(f"{old.name} to {new.name}: {sent} of {len(after.contents)} tiles are sent")
    end_renderers()


if __name__ == "__main__":
    main()
