"""The unseen pages of benchmarks.symbols with their truth, as tiles and as pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.symbols.pages import annotated_sheet
from tilescout.detectors.onnx.model import decoded
from tilescout.geometry import POINTS_PER_INCH, Box
from tilescout.profiles import Profile
from tilescout.rendering.render import render_page
from tilescout.rendering.requests import RenderedTile, RenderRequest
from tilescout_datasets.annotations import Annotation
from tilescout_samples import write_samples

SEEDS = range(900, 906)
ASKEW_SEEDS = range(920, 923)
SAMPLE_SEED = 31
DPI, TILE_SIZE, OVERLAP = 150, 1024, 128
PROFILE = Profile(name="symbols", detector="onnx", dpi=DPI, tile_size=TILE_SIZE, overlap=OVERLAP)

Drawing = Mapping[str, Any]
"""A symbol or near miss as in the ground truth of a sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnseenPage:
    """A page with its file, page number, true objects in page px, and near misses."""

    path: Path
    page: int
    truth: tuple[Annotation, ...]
    near_misses: tuple[Box, ...]


def unseen_pages(folder: Path) -> list[UnseenPage]:
    """Returns annotated sheets of unseen seeds, some with their symbols askew, then the sheet that
    is shipped as a sample, of another seed."""
    found = [annotated_page(seed, folder) for seed in SEEDS]
    found += [annotated_page(seed, folder, askew=True) for seed in ASKEW_SEEDS]
    sheet_pdf = write_samples(folder / "samples", seed=SAMPLE_SEED)[0]
    return [*found, _sample(sheet_pdf)]


def annotated_page(seed: int, folder: Path, *, askew: bool = False) -> UnseenPage:
    """Saves the annotated sheet of a seed in the folder and returns it."""
    sheet, path = annotated_sheet(seed, askew=askew), folder / f"{seed}.pdf"
    sheet.finish().save(path)
    return _of_truth(path, sheet.truth.symbols, sheet.truth.distractors)


def _sample(path: Path) -> UnseenPage:
    page = json.loads(path.with_suffix(".json").read_text())["pages"][0]
    return _of_truth(path, page["symbols"], page["distractors"])


def _of_truth(path: Path, symbols: Sequence[Drawing], near_misses: Sequence[Drawing]) -> UnseenPage:
    return UnseenPage(
        path=path,
        page=1,
        truth=tuple(Annotation(symbol["label"], _pixels(symbol)) for symbol in symbols),
        near_misses=tuple(map(_pixels, near_misses)),
    )


def _pixels(row: Drawing) -> Box:
    return Box(*row["box_pt"]).scale(DPI / POINTS_PER_INCH)


def tiles_of(page: UnseenPage) -> tuple[list[RenderedTile], tuple[int, int]]:
    """Returns the page's tiles that are not blank, and its width and height in px."""
    tiles: list[RenderedTile] = []
    request = RenderRequest.for_page(page.page, PROFILE, pixels_only=True)
    rendered = render_page(page.path, request, tiles.append)
    return tiles, (rendered.width_px, rendered.height_px)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page as tiles, and as a picture made of them."""

    page: UnseenPage
    tiles: list[RenderedTile]
    size: tuple[int, int]

    def picture(self) -> NDArray[np.uint8]:
        width, height = self.size
        whole = np.full((height, width), 255, np.uint8)
        for tile in self.tiles:
            left, top = int(tile.tile.box.left), int(tile.tile.box.top)
            seen = decoded(tile.image)[: height - top, : width - left]
            whole[top : top + seen.shape[0], left : left + seen.shape[1]] = seen
        return whole
