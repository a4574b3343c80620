"""A data set of made pages, whose glyphs are all annotated."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tilescout_datasets.annotations import AnnotatedTile, Annotation
from tilescout_datasets.datasets import Dataset
from tilescout_datasets.references.sources import Reference
from tilescout_samples.made_pages import pages, paper

DPI = 150
PX_PER_MM = DPI / 25.4
TEST_SHARE = 8
"""One page in this many is held out."""


def made_dataset(count: int, folder: Path, seed: int) -> Dataset:
    """Draws ``count`` pages into the folder; a page is one tile."""
    tiles = [made_tile(folder, number, seed) for number in range(count)]
    return split(tiles)


def split(tiles: list[AnnotatedTile]) -> Dataset:
    """Returns a data set that holds out every eighth tile."""
    test = tiles[::TEST_SHARE]
    train = [tile for at, tile in enumerate(tiles) if at % TEST_SHARE]
    return Dataset(train=train, test=test, dpi=DPI, tile_size=1024)


def made_tile(folder: Path, number: int, seed: int) -> AnnotatedTile:
    """Draws one page of random glyphs."""
    page = pages.made_page(random.Random(f"{seed}/{number}"))
    pixels = paper.drawn(page.sheet, DPI)
    chance = np.random.default_rng((seed, number))
    return written(folder, number, paper.aged(pixels, chance), glyphs_of(page, number))


def pasted_dataset(references: Sequence[Reference], count: int, folder: Path, seed: int) -> Dataset:
    """Draws pages with the references among random glyphs, as large as they were."""
    return split([_pasted_tile(references, folder, number, seed) for number in range(count)])


def _pasted_tile(
    references: Sequence[Reference], folder: Path, number: int, seed: int
) -> AnnotatedTile:
    sizes = [(wide / PX_PER_MM, high / PX_PER_MM) for wide, high in (e.size for e in references)]
    page = pages.made_page(random.Random(f"pasted {seed}/{number}"), sizes)
    pixels = paper.drawn(page.sheet, DPI)
    annotations = glyphs_of(page, number)
    for gap in page.gaps:
        box = gap.box.scale(PX_PER_MM)
        paper.paste(pixels, references[gap.number].ink, box, gap.turns)
        annotations.append(Annotation(references[gap.number].name, box))
    return written(folder, number, paper.aged(pixels, np.random.default_rng((seed, number))),
                   annotations)  # fmt: skip


def glyphs_of(page: pages.MadePage, number: int) -> list[Annotation]:
    """Returns the glyphs of a page, in pixels."""
    names = pages.class_names(page, f"page-{number:03d}")
    boxes = pages.boxes_px(page, DPI)
    return [Annotation(name, box) for name, box in zip(names, boxes, strict=True)]


def written(
    folder: Path, number: int, pixels: paper.Pixels, annotations: Iterable[Annotation]
) -> AnnotatedTile:
    """Writes a page as a picture and returns it as a tile."""
    file = folder / f"made-{number:03d}.png"
    Image.fromarray(pixels).save(file, compress_level=1)
    return AnnotatedTile(
        file=file, page=file.stem, left=0, top=0, width=pixels.shape[1], height=pixels.shape[0],
        annotations=tuple(annotations),
    )  # fmt: skip
