"""The renderer draws a page a second time, coarser, where the profile says so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pymupdf
from PIL import Image

from tilescout.detectors.onnx.model import decoded
from tilescout.geometry import Box
from tilescout.profiles import Region
from tilescout.rendering.render import render_page
from tilescout.rendering.requests import RenderedPage, RenderedTile, RenderRequest
from tilescout.tiling.grid import TileGrid

GRID = TileGrid(400, 50)


def rendered(
    folder: Path, boxes: Sequence[tuple[float, float, float, float]], **changes: object
) -> tuple[RenderedPage, list[RenderedTile]]:
    """A page of 900 x 600 px with black boxes (px), tiled at 72 dpi."""
    path = folder / "page.pdf"
    with pymupdf.open() as document:
        page = document.new_page(width=900, height=600)
        for box in boxes:
            page.draw_rect(pymupdf.Rect(*box), fill=0, width=0)
        document.save(path)
    settings = {
        "page": 1,
        "dpi": 72,
        "tile_size": 300,
        "overlap": 30,
        "colour": "grey",
        "text_layer": False,
        "include": (),
        "exclude": (),
        "max_image_bytes": 1_000_000,
    }
    tiles: list[RenderedTile] = []
    made = render_page(path, RenderRequest(**(settings | changes)), tiles.append)  # type: ignore[arg-type]
    return made, tiles


def test_the_renderer_draws_the_second_scale_where_the_page_has_it(tmp_path: Path) -> None:
    _, tiles = rendered(tmp_path, [(300, 150, 600, 450)], second_scale="page")
    last = tiles[-1]
    picture = decoded(last.image)

    assert (last.tile.index, last.tile.box, last.tile.scale) == (12, Box(0, 0, 900, 900), 3)
    assert picture.shape == (300, 300)
    # A third of the box's sides: 100 to 200 and 50 to 150 px.
    assert picture[52:148, 102:198].max() < 30
    assert picture[:46].min() > 225
    assert picture[:, 206:].min() > 225


def test_a_blank_coarse_tile_is_skipped_and_counted(tmp_path: Path) -> None:
    page, tiles = rendered(tmp_path, [(10, 10, 20, 20)], second_scale=0.5)

    # 4 x 3 fine tiles and 2 x 1 coarse ones; ink is in the first of each.
    assert [each.tile.index for each in tiles] == [0, 12]
    assert (page.tiles_sent, page.tiles_skipped) == (2, 12)


def test_regions_hold_at_the_second_scale_too(tmp_path: Path) -> None:
    everywhere = [(x, y, x + 9, y + 9) for x in range(5, 900, 60) for y in range(5, 600, 60)]
    left = (Region(left=0, top=0, right=0.1, bottom=1),)
    _, tiles = rendered(tmp_path, everywhere, second_scale=0.5, include=left, colour="rgb")

    assert all(each.tile.box.left == 0 for each in tiles)
    assert 12 in [each.tile.index for each in tiles]


def test_coarse_tiles_of_a_colour_page_are_in_colour(tmp_path: Path) -> None:
    _, tiles = rendered(tmp_path, [(10, 10, 20, 20)], second_scale="page", colour="rgb")
    path = tmp_path / "tile.jpg"
    path.write_bytes(tiles[-1].image)

    with Image.open(path) as picture:
        assert picture.mode == "RGB"
