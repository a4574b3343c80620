"""A box belongs to its pixels: what turns or moves it is mended, or stops the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from tilescout.geometry import Box
from tilescout.profiles import Profile
from tilescout_datasets import page_source, placement
from tilescout_datasets.annotations import AnnotatedPage
from tilescout_datasets.formats import detect_format, page_files
from tilescout_datasets.page_source import CutPage

PROFILE = Profile(name="symbols", detector="onnx", model_project="p", dpi=150, tile_size=500,
                  overlap=20)  # fmt: skip
BLOTS = ((40, 30, 80, 60), (200, 150, 260, 180))
SIZE = (400, 300)


def picture(mode: str = "L") -> Image.Image:
    """400 x 300 px with two black blots."""
    image = Image.new("L", SIZE, 255)
    for blot in BLOTS:
        ImageDraw.Draw(image).rectangle(blot, fill=0)
    return image.convert(mode)


def turned(folder: Path, orientation: int, name: str = "p1.jpg") -> Path:
    """The picture as a camera or a scanner stores it that tells this EXIF orientation."""
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    image = picture()
    if orientation > 1:
        image = image.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[274] = orientation
    image.save(folder / name, exif=exif, **({"quality": 95} if name == "p1.jpg" else {}))
    return folder / name


def annotated(
    folder: Path, boxes: Any, size: tuple[float, float] = SIZE, page: int = 1, name: str = "p1.jpg"
) -> AnnotatedPage:
    """The page as it is read from COCO, with boxes by their corners."""
    objects = [
        {"image_id": 1, "category_id": 1, "bbox": [left, top, right - left, bottom - top]}
        for left, top, right, bottom in boxes
    ]
    image = {"id": 1, "file_name": name, "width": size[0], "height": size[1], "page": page}
    path = folder / "pages.json"
    path.write_text(json.dumps({
        "images": [image], "annotations": objects, "categories": [{"id": 1, "name": "blot"}],
    }))  # fmt: skip
    (found,) = detect_format.read([path]).pages
    return found


def cut(page: AnnotatedPage, folder: Path, profile: Profile = PROFILE) -> CutPage:
    (folder / "tiles").mkdir(exist_ok=True)
    return page_source.cut(page, profile, folder / "tiles")


def on_paper(page: AnnotatedPage, folder: Path) -> list[bool]:
    return [each.is_on_paper for each in placement.placed(page, cut(page, folder))]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_of_the_picture_as_shown_lie_on_its_ink(tmp_path: Path, orientation: int) -> None:
    turned(tmp_path, orientation)
    assert on_paper(annotated(tmp_path, BLOTS), tmp_path) == [False, False]


@pytest.mark.parametrize("orientation", [3, 6, 7])
@pytest.mark.parametrize("name", ["p1.png", "p1.webp", "p1.tif"])
def test_pictures_of_other_kinds_are_turned_too(
    tmp_path: Path, name: str, orientation: int
) -> None:
    turned(tmp_path, orientation, name)
    page = annotated(tmp_path, BLOTS, name=name)
    assert on_paper(page, tmp_path) == [False, False]
    assert placement.fault(page, cut(page, tmp_path)) == ""


@pytest.mark.parametrize("name", ["p1.webp", "p1.gif", "p1.png"])
def test_what_is_transparent_is_paper(tmp_path: Path, name: str) -> None:
    drawn = Image.new("RGBA", SIZE, (0, 0, 0, 0))
    for blot in BLOTS:
        ImageDraw.Draw(drawn).rectangle(blot, fill=(0, 0, 0, 255))
    drawn.save(tmp_path / name, **({"lossless": True} if name == "p1.webp" else {}))
    page = annotated(tmp_path, [*BLOTS, (300, 10, 340, 40)], name=name)
    assert on_paper(page, tmp_path) == [False, False, True]


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_boxes_of_the_picture_as_stored_are_turned_with_it(
    tmp_path: Path, orientation: int
) -> None:
    path = turned(tmp_path, orientation)
    with Image.open(path) as stored:
        ink = stored.point(lambda value: 255 if value < 128 else 0)
        left, top, right, bottom = ink.getbbox() or (0, 0, 0, 0)
    page = annotated(tmp_path, [(left, top, right, bottom)], (SIZE[1], SIZE[0]))
    assert (page.width, page.height) == SIZE
    assert page.annotations[0].box.rounded() == (40, 30, 261, 181)


sides = st.floats(0, 100)


@given(sides, sides, sides, sides, st.integers(1, 8))
def test_turning_a_box_upright_keeps_it_on_the_picture(
    left: float, top: float, width: float, height: float, orientation: int
) -> None:
    box = page_files.upright(Box(left, top, left + width, top + height), (200, 300), orientation)
    shown = (300, 200) if orientation >= 5 else (200, 300)
    assert Box(0, 0, *shown).grow(1e-9, 1e-9).contains(box)
    assert box.area == pytest.approx(width * height, abs=1e-6)


@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_frame_of_a_tiff_is_a_page(tmp_path: Path, page: int) -> None:
    frames = [Image.new("L", SIZE, 255) for _ in range(3)]
    ImageDraw.Draw(frames[page - 1]).rectangle(BLOTS[0], fill=0)
    frames[0].save(tmp_path / "p1.tif", save_all=True, append_images=frames[1:])
    found = annotated(tmp_path, BLOTS[:1], page=page, name="p1.tif")
    assert (found.page, on_paper(found, tmp_path)) == (page, [False])


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("p1.png", "1"), ("p1.png", "P"), ("p1.png", "RGBA"), ("p1.png", "I;16"), ("p1.gif", "P"),
        ("p1.bmp", "RGB"), ("p1.webp", "RGB"), ("p1.jp2", "L"), ("p1.tif", "1"), ("p1.tif", "CMYK"),
        ("p1.jpg", "CMYK"),
    ],
)  # fmt: skip
def test_pictures_of_every_kind_have_their_ink(tmp_path: Path, name: str, mode: str) -> None:
    image = picture("L" if mode == "I;16" else mode)
    if mode == "I;16":
        image = image.convert("I").point(lambda value: value * 257).convert("I;16")
    image.save(tmp_path / name)
    assert on_paper(annotated(tmp_path, BLOTS, name=name), tmp_path) == [False, False]


def test_a_scan_larger_than_pillow_opens_is_cut(tmp_path: Path) -> None:
    scan = Image.new("1", (14_000, 13_000), 1)
    scan.paste(0, (1000, 2000, 1900, 2900))
    scan.save(tmp_path / "p1.tif", compression="group4")
    page = annotated(tmp_path, [(1000, 2000, 1900, 2900)], scan.size, name="p1.tif")
    assert on_paper(page, tmp_path) == [False]


def test_a_page_of_another_aspect_stops(tmp_path: Path) -> None:
    picture().save(tmp_path / "p1.jpg")
    page = annotated(tmp_path, BLOTS, (300, 400))
    assert placement.fault(page, cut(page, tmp_path)) == (
        "p1-p1 was annotated at 300 x 400 and is shown as 400 x 300, which is another shape: the "
        "boxes would be stretched"
    )


@pytest.mark.parametrize("size", [(800, 600), (399.7, 300), (1600, 1199)])
def test_another_resolution_or_a_pixel_of_rounding_is_the_same_page(
    tmp_path: Path, size: tuple[float, float]
) -> None:
    picture().save(tmp_path / "p1.jpg")
    ratio = size[0] / SIZE[0]
    page = annotated(tmp_path, [[side * ratio for side in blot] for blot in BLOTS], size)
    assert placement.fault(page, cut(page, tmp_path)) == ""


def test_most_boxes_on_blank_paper_stop(tmp_path: Path) -> None:
    picture().save(tmp_path / "p1.jpg")
    page = annotated(tmp_path, [(300, 10, 340, 40), (10, 200, 50, 240), BLOTS[0]])
    found = cut(page, tmp_path)
    assert placement.fault(page, found) == "2 of 3 boxes of p1-p1 lie on blank paper"
    shown = placement.picture(page, found)
    assert shown.size == SIZE
    assert shown.getpixel((300, 25)) == placement.RED
    assert shown.getpixel((40, 45)) == placement.GREEN


def test_as_many_boxes_on_ink_as_on_paper_go_on(tmp_path: Path) -> None:
    picture().save(tmp_path / "p1.jpg")
    page = annotated(tmp_path, [(300, 10, 340, 40), BLOTS[0]])
    assert placement.fault(page, cut(page, tmp_path)) == ""


def test_a_thin_line_in_a_box_is_ink(tmp_path: Path) -> None:
    image = Image.new("L", SIZE, 250)
    ImageDraw.Draw(image).line((100, 100, 180, 100), fill=150)
    image.save(tmp_path / "p1.png")
    page = annotated(tmp_path, [(100, 60, 180, 140)], name="p1.png")
    assert on_paper(page, tmp_path) == [False]


def test_a_turned_pdf_page_has_its_boxes_as_shown(tmp_path: Path) -> None:
    with pymupdf.open() as document:
        drawn = document.new_page(width=300, height=400)
        drawn.draw_rect((50, 60, 90, 80), fill=(0, 0, 0))
        drawn.set_rotation(90)
        document.save(tmp_path / "plan.pdf")
    page = annotated(tmp_path, [(320, 50, 340, 90)], (400, 300), name="plan.pdf")
    assert on_paper(page, tmp_path) == [False]
    assert placement.fault(page, cut(page, tmp_path)) == ""
