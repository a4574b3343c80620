"""Rendering: facts, tiles and limits, all seen through the child process."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pymupdf
import pytest
from PIL import Image

from tests.unit.tilescout.rendering.pdf_files import (
    blank_page,
    huge_image,
    nested_forms,
    one_page,
    save,
    write_objects,
)
from tilescout.errors import RenderLimitExceeded, UnreadableDocument, UnsupportedPage
from tilescout.profiles import Region
from tilescout.rendering.page_tiles import Band, cut_tiles, encode_jpeg
from tilescout.rendering.process import CHILD_MODULE, RenderLimits, WorkLimits
from tilescout.rendering.render import inspect_document, render_page
from tilescout.rendering.requests import RenderedPage, RenderedTile, RenderRequest
from tilescout.tiling.grid import TileGrid

BLACK = (0, 0, 0)
ANY_WORK = WorkLimits(inflated_mb=10**15)


def request(**changes: Any) -> RenderRequest:
    settings: dict[str, Any] = {
        "page": 1,
        "dpi": 72,
        "tile_size": 200,
        "overlap": 0,
        "colour": "grey",
        "text_layer": False,
        "include": (),
        "exclude": (),
        "max_image_bytes": 1_000_000,
    }
    return RenderRequest(**(settings | changes))


def rendered(path: Path, **changes: Any) -> tuple[RenderedPage, list[RenderedTile]]:
    tiles: list[RenderedTile] = []
    return render_page(path, request(**changes), tiles.append), tiles


def pixels(tile: RenderedTile) -> npt.NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(tile.image)))


def children_of(process: int) -> list[int]:
    files = Path("/proc", str(process), "task").glob("*/children")
    return [int(child) for file in files for child in file.read_text().split()]


def command_of(process: int) -> str:
    """Returns the command line, empty for a process that ended and was not reaped."""
    return Path("/proc", str(process), "cmdline").read_bytes().decode()


def renderers() -> list[int]:
    """Returns the processes of this one that fork children for pages."""
    return [each for each in children_of(os.getpid()) if CHILD_MODULE in command_of(each)]


def child_processes() -> list[int]:
    """Returns the children that work on a page, and renderers that nobody reaped."""
    ended = [each for each in children_of(os.getpid()) if not command_of(each)]
    return [*ended, *(child for each in renderers() for child in children_of(each))]


def marked_page(folder: Path, rotation: int = 0) -> Path:
    """600 x 400 pt with a black square of 50 pt in its top left corner, before rotation."""
    document, page = blank_page()
    page.draw_rect((0, 0, 50, 50), fill=BLACK, color=None)
    page.set_rotation(rotation)
    return save(document, folder)


def test_facts_tell_the_page_as_it_is_shown(tmp_path: Path) -> None:
    facts = inspect_document(marked_page(tmp_path, rotation=90), max_pages=10)

    assert facts.page_count == 1
    assert (facts.pages[0].width_pt, facts.pages[0].height_pt) == (400, 600)
    assert facts.pages[0].rotation == 90


def test_facts_of_some_pages_tell_the_count_of_all(tmp_path: Path) -> None:
    document, _ = blank_page()
    for width in (100, 200, 300):
        document.new_page(width=width, height=50)

    facts = inspect_document(save(document, tmp_path), max_pages=10, pages=(2, 3))

    assert [(page.page, page.width_pt) for page in facts.pages] == [(2, 100), (3, 200)]
    assert facts.page_count == 4


def test_the_smallest_text_is_measured_in_points(tmp_path: Path) -> None:
    document, page = blank_page()
    page.insert_text((50, 50), "TITLE", fontsize=30)
    page.insert_text((50, 100), "HS-1023", fontsize=6)

    facts = inspect_document(save(document, tmp_path), max_pages=10)

    assert facts.pages[0].smallest_text_pt == pytest.approx(6)


def test_user_units_make_the_page_larger(tmp_path: Path) -> None:
    path = write_objects(tmp_path, one_page(b"", page=b"/UserUnit 2"))

    assert inspect_document(path, max_pages=1).pages[0].width_pt == 1000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty"),
        (b"<html><body>hello</body></html>", "begins with b'<html><b'"),
        (b"\0" * 1024 + b"%PDF-1.7", "first 1024 bytes"),
        (b"%PDF-1.7\n", "damaged|0 pages"),
        (b"%PDF-1.7\n1 0 obj\n<</Type/Catalog", "damaged|0 pages"),
    ],
)
def test_what_is_no_whole_pdf_is_unreadable(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "upload.pdf"
    path.write_bytes(content)

    with pytest.raises(UnreadableDocument, match=message):
        inspect_document(path, max_pages=10)


def test_a_pdf_with_a_password_is_unreadable(tmp_path: Path) -> None:
    document, _ = blank_page()
    path = save(document, tmp_path, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="secret")

    with pytest.raises(UnreadableDocument, match="remove the password"):
        inspect_document(path, max_pages=10)


@pytest.mark.fault("P2")
def test_a_pdf_with_only_an_owners_password_is_read(tmp_path: Path) -> None:
    document, _ = blank_page()
    path = save(document, tmp_path, encryption=pymupdf.PDF_ENCRYPT_AES_256, owner_pw="secret")

    assert inspect_document(path, max_pages=10).page_count == 1


def test_too_many_pages_are_refused_with_both_numbers(tmp_path: Path) -> None:
    document, _ = blank_page()
    document.new_page()
    path = save(document, tmp_path)

    with pytest.raises(UnreadableDocument, match="may have 1 pages; this one has 2"):
        inspect_document(path, max_pages=1)


def test_an_absurd_page_is_refused_before_it_is_rendered(tmp_path: Path) -> None:
    path = write_objects(tmp_path, one_page(b"", page=b"/UserUnit 75000"))

    with pytest.raises(UnreadableDocument, match=r"page 1 is 3.75e.07 x 3.75e.07 pt"):
        inspect_document(path, max_pages=1)


def test_a_repaired_file_is_read_with_a_warning(tmp_path: Path) -> None:
    path = marked_page(tmp_path)
    path.write_bytes(path.read_bytes()[:-40])

    facts = inspect_document(path, max_pages=1)

    assert facts.page_count == 1
    assert "was repaired" in facts.warnings[0]


@pytest.mark.parametrize(
    ("rotation", "corner"), [(0, (0, 0)), (90, (350, 0)), (180, (550, 350)), (270, (0, 550))]
)
def test_the_page_is_drawn_as_it_is_shown(
    tmp_path: Path, rotation: int, corner: tuple[int, int]
) -> None:
    page, tiles = rendered(marked_page(tmp_path, rotation), tile_size=600)

    left, top = corner
    image = pixels(tiles[0])
    assert (page.width_px, page.height_px) == ((600, 400) if rotation % 180 == 0 else (400, 600))
    assert image[top + 10 : top + 40, left + 10 : left + 40].max() < 10
    dark = np.argwhere(image < 128)
    assert [tuple(map(int, dark.min(axis=0))), tuple(map(int, dark.max(axis=0)))] == [
        (top, left),
        (top + 49, left + 49),
    ]


def test_what_is_outside_of_the_crop_box_is_not_on_the_page(tmp_path: Path) -> None:
    document, page = blank_page()
    page.draw_rect((0, 0, 50, 50), fill=BLACK, color=None)
    page.draw_rect((310, 210, 330, 230), fill=BLACK, color=None)
    page.set_cropbox(pymupdf.Rect(300, 200, 500, 400))

    shown, tiles = rendered(save(document, tmp_path))

    assert (shown.width_pt, shown.height_pt) == (200, 200)
    assert np.argwhere(pixels(tiles[0]) < 128).min(axis=0).tolist() == [10, 10]


def test_blank_tiles_are_skipped_and_counted(tmp_path: Path) -> None:
    page, tiles = rendered(marked_page(tmp_path))

    assert [tile.tile.index for tile in tiles] == [0]
    assert (page.tiles_sent, page.tiles_skipped) == (1, 5)


def test_a_single_pale_pixel_keeps_a_tile(tmp_path: Path) -> None:
    document, page = blank_page(200, 200)
    page.draw_rect((100, 100, 101, 101), fill=(0.99, 0.99, 0.99), color=None, width=0)

    assert rendered(save(document, tmp_path))[0].tiles_sent == 1


def test_a_page_smaller_than_a_tile_is_padded_with_paper(tmp_path: Path) -> None:
    document, page = blank_page(100, 80)
    page.draw_rect((0, 0, 100, 80), fill=BLACK, color=None)
    page.draw_rect((10, 10, 20, 20), fill=(1, 1, 1))

    _, tiles = rendered(save(document, tmp_path))

    image = pixels(tiles[0])
    assert image.shape == (200, 200)
    assert image[100:, :].min() > 250
    assert image[40:70, 40:90].max() < 5


def test_a_page_of_one_colour_is_blank_whatever_its_padding(tmp_path: Path) -> None:
    document, page = blank_page(100, 80)
    page.draw_rect((-5, -5, 200, 200), fill=BLACK, color=None)

    assert rendered(save(document, tmp_path))[0].tiles_sent == 0


def test_regions_choose_the_tiles(tmp_path: Path) -> None:
    document, page = blank_page()
    page.draw_line((0, 100), (600, 100))
    page.draw_line((0, 300), (600, 300))
    left_half = Region(left=0, top=0, right=0.5, bottom=1)
    bottom_left = Region(left=0, top=0.5, right=0.34, bottom=1)

    path = save(document, tmp_path)
    page_result, tiles = rendered(path, include=(left_half,), exclude=(bottom_left,))

    assert [tile.tile.index for tile in tiles] == [0, 1, 4]
    assert page_result.tiles_skipped == 3


def test_colour_is_kept_where_it_is_wanted(tmp_path: Path) -> None:
    document, page = blank_page(200, 200)
    page.draw_rect((50, 50, 150, 150), fill=(1, 0, 0))

    _, tiles = rendered(save(document, tmp_path), colour="rgb")

    red, green, blue = pixels(tiles[0])[100, 100]
    assert red > 240
    assert max(green, blue) < 15


def test_tiles_fit_into_the_limit_of_bytes_at_full_size(tmp_path: Path) -> None:
    document, page = blank_page(200, 200)
    noise = np.random.default_rng(1).integers(0, 255, (200, 200), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    page.insert_image((0, 0, 200, 200), stream=file.getvalue())
    path = save(document, tmp_path)

    (full,), (small,) = rendered(path)[1], rendered(path, max_image_bytes=15_000)[1]

    assert len(full.image) > 15_000 >= len(small.image)
    assert pixels(small).shape == (200, 200)


def test_a_tile_that_fits_at_no_quality_is_refused_with_the_remedy() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (200, 200, 1), np.uint8)

    with pytest.raises(UnsupportedPage, match="choose a smaller tile_size"):
        encode_jpeg(noise, 500)


@pytest.mark.fault("P11")
def test_a_page_that_declares_content_but_renders_blank_gives_a_warning(tmp_path: Path) -> None:
    document, page = blank_page(200, 200)
    page.insert_text((20, 20), "WHITE", color=(1, 1, 1))

    page_result, _ = rendered(save(document, tmp_path))

    assert page_result.warnings == ("page 1 declares content but renders blank",)


def test_an_empty_page_gives_no_warning(tmp_path: Path) -> None:
    document, _ = blank_page()

    assert rendered(save(document, tmp_path))[0].warnings == ()


def test_a_page_that_the_document_lacks_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match="must be 1 to 1; it is 2"):
        rendered(marked_page(tmp_path), page=2)


def test_an_image_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedPage, match="60000 x 60000 px that takes 3600 MB"):
        rendered(huge_image(tmp_path))


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (RenderLimits(wall_seconds=1, work=ANY_WORK), "longer than the limit of 1 seconds"),
        (RenderLimits(cpu_seconds=1, work=ANY_WORK), "more CPU time than the limit of 1 seconds"),
    ],
)
def test_a_page_without_end_is_killed_and_leaves_nothing(
    tmp_path: Path, limits: RenderLimits, reason: str
) -> None:
    path = nested_forms(tmp_path)

    with pytest.raises(RenderLimitExceeded, match=f"page 1 .*{reason}"):
        render_page(path, request(), lambda tile: None, limits)

    assert child_processes() == []
    assert list(tmp_path.iterdir()) == [path]


def test_a_document_without_end_is_killed_when_it_is_inspected(tmp_path: Path) -> None:
    with pytest.raises(RenderLimitExceeded, match="the document cannot be rendered"):
        inspect_document(
            nested_forms(tmp_path),
            max_pages=1,
            limits=RenderLimits(wall_seconds=1, work=ANY_WORK),
        )


def test_a_child_without_memory_is_a_limit_not_a_crash_of_ours(tmp_path: Path) -> None:
    with pytest.raises(RenderLimitExceeded):
        render_page(
            marked_page(tmp_path),
            request(dpi=6000, tile_size=20_000),
            lambda tile: None,
            RenderLimits(memory_mb=500),
        )


def test_what_the_caller_raises_ends_the_child(tmp_path: Path) -> None:
    def refuse(tile: RenderedTile) -> None:
        raise KeyError(tile.tile.index)

    with pytest.raises(KeyError):
        render_page(marked_page(tmp_path), request(), refuse)

    assert child_processes() == []


class NoisyPage:
    """A renderer that never draws the same pixels twice."""

    width, height, channels = 250, 300, 1

    def __init__(self) -> None:
        self._noise = np.random.default_rng(1)
        self.rows_drawn: list[range] = []

    def draw(self, target: npt.NDArray[np.uint8], top: int) -> None:
        self.rows_drawn.append(range(top, top + len(target)))
        target[...] = self._noise.integers(0, 255, target.shape, np.uint8)


def test_tiles_see_the_same_pixels_where_they_overlap() -> None:
    page = NoisyPage()
    grid = TileGrid(100, 40)
    band = Band(page, grid.size)
    seen = np.full((page.height, page.width), -1)
    for top in grid.starts(page.height):
        band.move_to(top)
        for left in grid.starts(page.width):
            tile = band.tile(left)[..., 0]
            before = seen[top : top + 100, left : left + 100]
            assert ((before == tile) | (before == -1)).all()
            before[...] = tile


def test_every_row_of_the_page_is_drawn_once() -> None:
    page = NoisyPage()
    grid = TileGrid(100, 40)

    assert len(list(cut_tiles(page, grid.tiles(250, 300), 100, 10**6))) == grid.count(250, 300)
    assert [row for rows in page.rows_drawn for row in rows] == list(range(300))


def test_rows_between_kept_tiles_are_not_drawn() -> None:
    page = NoisyPage()
    first_and_last_row = [tile for tile in TileGrid(100, 0).tiles(250, 300) if tile.box.top != 100]

    list(cut_tiles(page, first_and_last_row, 100, 10**6))

    assert page.rows_drawn == [range(100), range(200, 300)]
