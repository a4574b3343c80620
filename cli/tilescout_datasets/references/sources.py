"""References from a folder of pictures named by class, or from the boxes of annotated pages."""

from __future__ import annotations

import random
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tilescout.detectors.onnx.answers import whitened
from tilescout.detectors.references.likeness import EMBEDDED_PX, Pixels, pictures
from tilescout.detectors.references.reference_set import UNKNOWN, ReferenceSet
from tilescout.geometry import Box
from tilescout.profiles import Profile
from tilescout_datasets import page_source
from tilescout_datasets.annotations import AnnotatedPage, AnnotatedTile, UnusableAnnotations
from tilescout_datasets.tile_pixels import white_pixels_of

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
INK = 160
"""Grey below which a pixel of a picture belongs to its symbol."""
MIN_SIDE_PX = 6
"""Symbols with a shorter side tell nothing."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture of a class: ``ink`` 48 x 48 (0 to 255), and the width and height in px that it
    had."""

    name: str
    ink: NDArray[np.uint8]
    size: tuple[float, float]


def reference_of(name: str, page: Pixels, box: Box) -> Reference:
    """Returns what a box shows on a page of white paper."""
    sides = np.array([[box.left, box.top, box.right, box.bottom]])
    ink = pictures(page, sides, EMBEDDED_PX)[0]
    return Reference(name, ink.round().astype(np.uint8), (box.width, box.height))


def from_folder(folder: Path) -> list[Reference]:
    """Returns a reference for each picture ``CLASS.png`` and ``CLASS/any.png``, cut to its ink.

    Raises UnusableAnnotations where there is none, or one shows nothing.
    """
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in PICTURES)
    if not files:
        raise UnusableAnnotations(
            f"a folder of references must have pictures named by class; {folder} has none; add "
            "pump.png, or pump/1.png and pump/2.png"
        )
    return [_of_picture(file, _name(file, folder)) for file in files]


def _name(file: Path, folder: Path) -> str:
    inside = file.relative_to(folder)
    return inside.parts[0] if len(inside.parts) > 1 else file.stem


def _of_picture(file: Path, name: str) -> Reference:
    page = whitened(_grey(file))
    rows, columns = np.nonzero(page < INK)
    if not len(rows):
        raise UnusableAnnotations(
            f"a reference must show its symbol in dark lines; {file} shows none; draw it black on "
            "white"
        )
    box = Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    return reference_of(name, page, box)


def _grey(file: Path) -> Pixels:
    """The picture on white: what is transparent is paper."""
    with Image.open(file) as image:
        shown = image.convert("RGBA")
    paper = Image.new("RGBA", shown.size, "white")
    return np.asarray(Image.alpha_composite(paper, shown).convert("L"))


def from_pages(
    pages: Iterable[AnnotatedPage], profile: Profile, per_class: int, seed: int
) -> list[Reference]:
    """Returns up to ``per_class`` references of each label, chosen by the seed among the boxes of
    pages that are drawn as the profile draws them. Raises what `render_page` raises."""
    found: dict[str, list[Reference]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for page in pages:
            tiles = page_source.cut(page, profile, Path(folder)).tiles
            for name, reference in _on_page(tiles):
                found[name].append(reference)
    return chosen(found, per_class, seed)


def chosen(found: dict[str, list[Reference]], per_class: int, seed: int) -> list[Reference]:
    """Returns up to ``per_class`` of each class; 0 is all."""
    chance = random.Random(seed)
    picked: list[Reference] = []
    for name in sorted(found):
        every = found[name]
        picked += chance.sample(every, min(per_class or len(every), len(every)))
    return picked


def of_tiles(tiles: Sequence[AnnotatedTile], per_class: int, seed: int) -> list[Reference]:
    """Returns up to ``per_class`` references of each label of a data set's tiles."""
    found: dict[str, list[Reference]] = defaultdict(list)
    for page in sorted({tile.page for tile in tiles}):
        for name, reference in _on_page([tile for tile in tiles if tile.page == page]):
            found[name].append(reference)
    return chosen(found, per_class, seed)


def _on_page(tiles: Sequence[AnnotatedTile]) -> Iterable[tuple[str, Reference]]:
    """Each whole object of a page once, from the tile that shows it furthest from an edge."""
    best: dict[tuple[str, int, int], tuple[float, AnnotatedTile, Box]] = {}
    for tile in tiles:
        for each in tile.annotations:
            x, y = each.box.shift(tile.left, tile.top).centre
            key, room = (each.label, round(x / 8), round(y / 8)), _room(each.box, tile)
            if min(each.box.width, each.box.height) >= MIN_SIDE_PX and (
                key not in best or room > best[key][0]
            ):
                best[key] = room, tile, each.box
    for (name, _, _), (_, tile, box) in best.items():
        yield name, reference_of(name, white_pixels_of(tile.file), box)


def _room(box: Box, tile: AnnotatedTile) -> float:
    return min(box.left, box.top, tile.width - box.right, tile.height - box.bottom)


def as_set(
    references: Sequence[Reference],
    dpi: int,
    embedding: bytes,
    min_likeness: float,
    *,
    sizes_count: bool = False,
) -> ReferenceSet:
    """Returns the set of the references. Raises UnusableAnnotations where none is left."""
    if not references:
        raise UnusableAnnotations(
            "a set of references must have a picture of a symbol; there is none; give pictures "
            "named by class, or annotated pages"
        )
    if any(each.name == UNKNOWN for each in references):
        raise UnusableAnnotations(
            f"{UNKNOWN} is the label of what is like no reference; a class has this name; rename it"
        )
    ordered = sorted(references, key=lambda each: each.name)
    return ReferenceSet(
        names=tuple(each.name for each in ordered),
        ink=np.stack([each.ink for each in ordered]),
        sizes=np.array([each.size for each in ordered], dtype=np.float32),
        dpi=dpi,
        embedding=embedding,
        min_likeness=min_likeness,
        sizes_count=sizes_count,
    )
