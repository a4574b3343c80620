"""Pictures at falling sizes: the same pixels as the renderer's, decoded once."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageDraw

from tilescout.rendering import picture_files
from tilescout.rendering.page_tiles import Pixels
from tilescout_drawings import picture_levels
from tilescout_drawings.child import OpenDrawing, encode
from tilescout_drawings.drawing import Drawing
from tilescout_drawings.picture_levels import PictureLevels, levels_of
from tilescout_drawings.pyramid import PagePyramid, PixelArea

WIDTH, HEIGHT = 751, 499
PYRAMID = PagePyramid(width=WIDTH, height=HEIGHT, dpi=200)


def picture() -> Image.Image:
    """Coloured bars and a slanted line; both sides are odd."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((150, 100, 250, 130), fill="#0072b2")
    draw.rectangle((700, 450, 750, 498), fill="#d55e00")
    draw.line((0, 0, WIDTH, HEIGHT), fill="black", width=3)
    return image


def shown(drawing: OpenDrawing, level: int, area: PixelArea) -> Pixels:
    request = {
        "page": 1, "dpi": PYRAMID.level_dpi(level), "size": PYRAMID.size(level),
        "area": [area.left, area.top, area.right, area.bottom], "shown_layers": None,
    }  # fmt: skip
    _, body = drawing.area(request)
    return np.asarray(Image.open(io.BytesIO(body)).convert("RGB")).astype(np.int16)


def whole(level: int) -> PixelArea:
    return PixelArea(0, 0, *PYRAMID.size(level))


@pytest.mark.parametrize("level", range(8, PYRAMID.levels))
def test_each_level_shows_what_the_renderer_shows(
    tmp_path: Path, level: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture().save(tmp_path / "scan.png")
    ours = shown(OpenDrawing(str(tmp_path / "scan.png")), level, whole(level))
    monkeypatch.setattr(picture_levels, "MAX_BYTES", 0)
    theirs = shown(OpenDrawing(str(tmp_path / "scan.png")), level, whole(level))
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).mean() < 3


@pytest.mark.parametrize("level", range(8, PYRAMID.levels))
def test_a_part_shows_the_same_pixels_as_the_whole(level: int) -> None:
    levels = PictureLevels(picture())
    width, height = PYRAMID.size(level)
    part = PixelArea(width // 5, height // 6, width // 2, height // 2)
    of_whole = levels.area(whole(level), (width, height))
    cut = of_whole[part.top : part.bottom, part.left : part.right].astype(np.int16)
    assert np.abs(levels.area(part, (width, height)).astype(np.int16) - cut).max() <= 1


def test_a_picture_is_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture().save(tmp_path / "scan.png")
    drawing = OpenDrawing(str(tmp_path / "scan.png"))
    level = PYRAMID.levels - 1
    first = shown(drawing, level, PYRAMID.area(level, 0, 0))
    monkeypatch.setattr(picture_files, "decoded", lambda *_: pytest.fail("again"))
    assert shown(drawing, level, PYRAMID.area(level, 1, 1)).shape == first.shape


def test_the_levels_take_a_third_more_than_the_picture() -> None:
    on_disk = PictureLevels(picture()).bytes_on_disk
    assert 1.31 <= on_disk / (WIDTH * HEIGHT * 3) <= 1.35


def test_a_turned_picture_is_upright_and_what_is_transparent_is_paper(tmp_path: Path) -> None:
    image = Image.new("RGBA", (40, 20), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 10, 10))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    image.save(tmp_path / "turned.png", exif=exif)
    levels = levels_of(str(tmp_path / "turned.png"), 1)
    assert levels is not None
    pixels = levels.area(PixelArea(0, 0, 20, 40), (20, 40))
    assert pixels[5, 15].tolist() == [255, 0, 0]
    assert pixels[5, 5].tolist() == [255, 255, 255]


def test_each_page_of_a_picture_has_its_own_levels(tmp_path: Path) -> None:
    pages = [Image.new("L", (30, 30), grey) for grey in (40, 200)]
    pages[0].save(tmp_path / "two.tif", save_all=True, append_images=pages[1:])
    with Drawing(tmp_path / "two.tif") as drawing:
        greys = [
            np.asarray(
                Image.open(
                    io.BytesIO(
                        drawing.area(
                            page, dpi=200, size=(30, 30), area=PixelArea(0, 0, 30, 30)
                        ).body
                    )
                )
            ).mean()
            for page in (1, 2, 1)
        ]
    assert greys == [40, 200, 40]


def test_a_jpeg_and_a_picture_of_16_bits_or_too_many_pixels_are_drawn_from_their_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.fromarray(np.full((20, 20), 60_000, np.uint16)).save(tmp_path / "deep.png")
    assert levels_of(str(tmp_path / "deep.png"), 1) is None
    picture().save(tmp_path / "photo.jpg")
    assert levels_of(str(tmp_path / "photo.jpg"), 1) is None
    picture().save(tmp_path / "scan.png")
    monkeypatch.setattr(picture_levels, "MAX_BYTES", WIDTH * HEIGHT * 3 - 1)
    assert levels_of(str(tmp_path / "scan.png"), 1) is None


def test_where_the_disk_is_full_a_picture_is_drawn_from_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    picture().save(tmp_path / "scan.png")
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    drawing = OpenDrawing(str(tmp_path / "scan.png"))
    assert shown(drawing, 9, PixelArea(0, 0, 60, 40)).shape == (40, 60, 3)


def test_the_levels_have_no_name_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    levels = PictureLevels(picture())
    assert list(tmp_path.iterdir()) == []
    assert levels.area(PixelArea(0, 0, 5, 5), (WIDTH, HEIGHT)).shape == (5, 5, 3)


def test_grain_is_a_jpeg_and_lines_are_a_png_of_the_same_pixels() -> None:
    grain = np.random.default_rng(1).integers(256, size=(500, 400, 3), dtype=np.uint8)
    lines = np.asarray(picture())
    kind, body = encode(lines)
    assert (kind, encode(grain)[0]) == ("image/png", "image/jpeg")
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(body))), lines)
