"""A data set: tiles of annotated pages, those of held-out pages kept apart."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tilescout.profiles import Profile
from tilescout_datasets import page_source, tile_rule
from tilescout_datasets.annotations import (
    AnnotatedPage,
    AnnotatedTile,
    Annotation,
    UnusableAnnotations,
    labels_of,
)
from tilescout_datasets.formats import coco, ground_truth
from tilescout_datasets.page_source import CutPage

PARTS = ("train", "test")
SYMBOL = "symbol"
"""The label of every object for a detector that does not tell classes apart."""
TEST_SHARE = 0.2
EMPTY_SHARE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """``test`` share of the annotated pages held out; ``empty`` share of tiles without an object
    among the tiles of each part; both 0 to 1. ``seed`` chooses both."""

    test: float = TEST_SHARE
    empty: float = EMPTY_SHARE
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Tiles to train with and tiles of other pages; ``dpi`` and ``tile_size`` px they have."""

    train: list[AnnotatedTile]
    test: list[AnnotatedTile]
    dpi: int
    tile_size: int

    @property
    def labels(self) -> tuple[str, ...]:
        return labels_of(self.train)


def with_one_label(dataset: Dataset) -> Dataset:
    """Returns the data set with the label ``symbol`` for every object."""
    train, test = ([_with_one_label(tile) for tile in getattr(dataset, part)] for part in PARTS)
    return replace(dataset, train=train, test=test)


def _with_one_label(tile: AnnotatedTile) -> AnnotatedTile:
    return replace(tile, annotations=tuple(Annotation(SYMBOL, e.box) for e in tile.annotations))


def build(
    pages: Sequence[AnnotatedPage],
    profile: Profile,
    folder: Path,
    shares: Shares,
    *,
    prefix: str = "",
    on_page: Callable[[AnnotatedPage, CutPage], None] = lambda page, cut: None,
) -> Dataset:
    """Cuts the pages as ``profile`` does, and writes tiles, both formats and the recipe.

    A page is in one part with all its tiles: tiles of one page overlap. Raises
    UnusableAnnotations for fewer than two pages with objects.
    """
    held_out = held_out_pages(pages, shares)
    tiles_folder = folder / "tiles"
    tiles_folder.mkdir(parents=True, exist_ok=True)
    parts: dict[str, list[AnnotatedTile]] = {part: [] for part in PARTS}
    for page in pages:
        part = "test" if page.name in held_out else "train"
        of_page = page_source.cut(page, profile, tiles_folder)
        parts[part] += of_page.tiles
        on_page(page, of_page)
    chance = random.Random(shares.seed)
    kept = {part: _with_some_empty(tiles, shares.empty, chance) for part, tiles in parts.items()}
    dataset = Dataset(
        train=kept["train"], test=kept["test"], dpi=profile.dpi, tile_size=profile.tile_size
    )
    _write(dataset, profile, folder, shares, sorted(held_out), prefix)
    return dataset


def held_out_pages(pages: Sequence[AnnotatedPage], shares: Shares) -> set[str]:
    """Names of the pages of the test part: at least one, and never all.

    Raises UnusableAnnotations for fewer than two pages with objects, or two of one name.
    """
    names = Counter(page.name for page in pages)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise UnusableAnnotations(
            f"each page must be annotated once, and file names differ; {twice[0]} is there "
            f"{names[twice[0]]} times; join them or rename a file"
        )
    annotated = sorted(page.name for page in pages if page.annotations)
    if len(annotated) < 2:
        raise UnusableAnnotations(
            f"pages are held out whole, so at least 2 must have objects; {len(annotated)} has; "
            "annotate another page"
        )
    random.Random(shares.seed).shuffle(annotated)
    count = min(len(annotated) - 1, max(1, round(shares.test * len(annotated))))
    return set(annotated[:count])


def _with_some_empty(
    tiles: list[AnnotatedTile], share: float, chance: random.Random
) -> list[AnnotatedTile]:
    """Tiles with an object, and as many without as make ``share`` of all, in their order.

    A tile that shows only ignored parts of objects is neither.
    """
    full = [tile for tile in tiles if tile.annotations]
    empty = [tile for tile in tiles if not tile.annotations and not tile.ignored]
    wanted = round(share / (1 - share) * len(full)) if share < 1 else len(empty)
    chosen = {tile.file for tile in full + chance.sample(empty, min(wanted, len(empty)))}
    for tile in tiles:
        if tile.file not in chosen:
            tile.file.unlink()
    return [tile for tile in tiles if tile.file in chosen]


def _write(
    dataset: Dataset,
    profile: Profile,
    folder: Path,
    shares: Shares,
    held_out: list[str],
    prefix: str,
) -> None:
    labels = labels_of(dataset.train + dataset.test)
    recipe: dict[str, Any] = {
        "profile": profile.name,
        "dpi": profile.dpi,
        "tile_size": profile.tile_size,
        "overlap": profile.overlap,
        "colour": profile.colour,
        "labels": labels,
        "least_share_of_a_cut_box": tile_rule.MIN_SHARE,
        "held_out_pages": held_out,
        "shares": asdict(shares),
        "left_out_of_manifest": {},
    }
    for part in PARTS:
        tiles: list[AnnotatedTile] = getattr(dataset, part)
        coco.write_tiles(folder / f"{part}.coco.json", tiles, labels)
        path = folder / f"{part}.manifest"
        left_out = ground_truth.write_tiles(path, tiles, labels, prefix=prefix, dpi=profile.dpi)
        recipe["left_out_of_manifest"][part] = left_out
    (folder / "dataset.json").write_text(json.dumps(recipe, indent=1) + "\n")


def read(folder: Path) -> Dataset:
    """A data set that `build` wrote. Raises UnusableAnnotations."""
    try:
        recipe = json.loads((folder / "dataset.json").read_text())
    except (OSError, ValueError) as error:
        raise UnusableAnnotations(
            f"{folder} must hold a data set with its dataset.json ({error}); make it by "
            "tilescout dataset build"
        ) from error
    return Dataset(
        train=coco.read_tiles(folder / "train.coco.json"),
        test=coco.read_tiles(folder / "test.coco.json"),
        dpi=recipe["dpi"],
        tile_size=recipe["tile_size"],
    )
