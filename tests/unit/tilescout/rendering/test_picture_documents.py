"""Pictures are documents: their pages, their resolution, their memory, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from tilescout.errors import TilescoutError, UnreadableDocument, UnsupportedPage
from tilescout.intake.planning import plan_document
from tilescout.pricing import PriceTable
from tilescout.profiles import Profile
from tilescout.rendering import images, picture_files
from tilescout.rendering.file_kinds import kind_of
from tilescout.rendering.render import inspect_document, render_page
from tilescout.rendering.requests import DocumentFacts, RenderedPage, RenderedTile, RenderRequest

SIZE = (800, 600)
BLOT = (100, 50, 300, 150)
PROFILE = Profile(name="symbols", detector="onnx", model_project="p", dpi=200, tile_size=1024,
                  overlap=64)  # fmt: skip


def picture(mode: str = "L", size: tuple[int, int] = SIZE) -> Image.Image:
    image = Image.new("L", size, 255)
    ImageDraw.Draw(image).rectangle(BLOT, fill=0)
    return image.convert(mode)


def facts(path: Path) -> DocumentFacts:
    return inspect_document(path, max_pages=100, picture_dpi=PROFILE.dpi)


def rendered(path: Path, page: int = 1) -> tuple[RenderedPage, list[RenderedTile]]:
    tiles: list[RenderedTile] = []
    return render_page(path, RenderRequest.for_page(page, PROFILE), tiles.append), tiles


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("plan.png", {}),
        ("plan.jpg", {"dpi": (72, 72)}),
        ("plan.webp", {}),
        ("plan.tif", {"compression": "group4", "mode": "1"}),
        ("plan.jp2", {}),
        ("plan.png", {"dpi": (96, 96)}),
        ("plan.jpg", {"dpi": (5000, 5000)}),
    ],
)
def test_a_picture_without_a_resolution_is_rendered_pixel_by_pixel(
    tmp_path: Path, name: str, options: dict[str, Any]
) -> None:
    saved = {"mode": "L"} | options
    picture(saved.pop("mode")).save(tmp_path / name, **saved)
    found, (tile,) = rendered(tmp_path / name)
    assert (found.width_px, found.height_px) == SIZE
    assert (found.width_pt, found.height_pt) == (288, 216)
    assert facts(tmp_path / name).warnings == ()
    (page,) = facts(tmp_path / name).pages
    assert (page.width_pt, page.height_pt) == (288, 216)
    assert _ink(tile, tmp_path) == (100, 50, 301, 151)


def _ink(tile: RenderedTile, folder: Path) -> tuple[int, int, int, int] | None:
    """The box around all that is darker than grey."""
    (folder / "tile.jpg").write_bytes(tile.image)
    with Image.open(folder / "tile.jpg") as shown:
        return shown.convert("L").point(lambda value: 255 if value < 128 else 0).getbbox()


@pytest.mark.parametrize("name", ["plan.png", "plan.jpg", "plan.tif"])
def test_a_picture_with_a_resolution_is_as_large_as_on_paper(tmp_path: Path, name: str) -> None:
    picture().save(tmp_path / name, dpi=(400, 400))
    found, _ = rendered(tmp_path / name)
    assert (found.width_px, found.height_px) == (400, 300)
    assert facts(tmp_path / name).warnings == (
        "page 1 is a picture of 400 dpi and is rendered at 200",
    )


def test_a_fax_has_two_resolutions(tmp_path: Path) -> None:
    picture("1").save(tmp_path / "fax.tif", dpi=(400, 200))
    found, _ = rendered(tmp_path / "fax.tif")
    assert (found.width_px, found.height_px) == (400, 600)


SHOWN = {1: (100, 50), 2: (499, 50), 3: (499, 449), 4: (100, 449),
         5: (50, 100), 6: (449, 100), 7: (449, 499), 8: (50, 499)}  # fmt: skip
"""Left and top of the blot as it is shown, by the EXIF orientation of the picture."""


@pytest.mark.parametrize("orientation", SHOWN)
@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "photo.webp", "photo.tif"])
def test_a_picture_is_shown_upright(tmp_path: Path, name: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    picture().save(tmp_path / name, exif=exif)
    found, (tile,) = rendered(tmp_path / name)
    (page,) = facts(tmp_path / name).pages
    size = SIZE[::-1] if orientation >= 5 else SIZE
    assert (found.width_px, found.height_px) == size
    assert (page.width_pt, page.height_pt) == (size[0] * 72 / 200, size[1] * 72 / 200)
    left, top = SHOWN[orientation]
    width, height = (101, 201) if orientation >= 5 else (201, 101)
    assert _ink(tile, tmp_path) == (left, top, left + width, top + height)


def test_frames_of_a_tiff_are_each_turned_as_they_tell(tmp_path: Path) -> None:
    upright, turned = Image.Exif(), Image.Exif()
    turned[274] = 6
    first, second = picture(), picture(size=(1000, 500))
    second.encoderinfo = {"exif": turned}
    first.save(tmp_path / "set.tif", save_all=True, append_images=[second], exif=upright)
    sizes = [(page.width_pt, page.height_pt) for page in facts(tmp_path / "set.tif").pages]
    assert sizes == [(288, 216), (180, 360)]
    _, (tile,) = rendered(tmp_path / "set.tif", 2)
    assert _ink(tile, tmp_path) == (349, 100, 450, 301)


def test_a_fax_that_lies_on_its_side_has_the_resolutions_of_its_sides(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    picture("1").save(tmp_path / "fax.tif", dpi=(400, 200), exif=exif)
    found, _ = rendered(tmp_path / "fax.tif")
    assert (found.width_px, found.height_px) == (600, 400)


@pytest.mark.parametrize("name", ["plan.png", "plan.webp", "plan.tif"])
@pytest.mark.parametrize("orientation", [1, 3])
def test_what_is_transparent_is_paper(tmp_path: Path, name: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    drawn = Image.new("RGBA", SIZE, (0, 0, 0, 0))
    ImageDraw.Draw(drawn).rectangle(BLOT, fill=(0, 0, 0, 255))
    drawn.save(tmp_path / name, exif=exif, **({"lossless": True} if "webp" in name else {}))
    _, (tile,) = rendered(tmp_path / name)
    left, top = SHOWN[orientation]
    assert _ink(tile, tmp_path) == (left, top, left + 201, top + 101)


@pytest.mark.parametrize(
    ("name", "options"),
    [("phone.jpg", {"format": "MPO"}), ("moving.png", {}), ("moving.webp", {"lossless": True})],
)
def test_what_is_no_tiff_is_one_page(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    picture("RGB").save(
        tmp_path / name, save_all=True, append_images=[Image.new("RGB", SIZE, "white")], **options
    )
    assert facts(tmp_path / name).page_count == 1
    _, (tile,) = rendered(tmp_path / name)
    assert _ink(tile, tmp_path) == (100, 50, 301, 151)


def test_each_frame_of_a_tiff_is_a_page(tmp_path: Path) -> None:
    frames = [picture(), Image.new("L", (400, 300), 255), picture(size=(1000, 500))]
    frames[0].save(tmp_path / "set.tif", save_all=True, append_images=frames[1:])
    found = facts(tmp_path / "set.tif")
    assert [(page.page, page.width_pt) for page in found.pages] == [(1, 288), (2, 144), (3, 360)]
    page, tiles = rendered(tmp_path / "set.tif", 3)
    assert (page.width_px, len(tiles)) == (1000, 1)
    assert rendered(tmp_path / "set.tif", 2)[0].tiles_sent == 0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\x89PNG\r\n\x1a\nnothing", "a picture must be whole; this one cannot be opened"),
        (b"II*\x00", "a picture must be whole"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "a picture must be whole"),
        (b"GIF89a", "upload a PDF, or a picture: PNG, JPEG, WebP, TIFF or JPEG 2000"),
    ],
)
def test_a_broken_picture_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "plan.png").write_bytes(content)
    with pytest.raises(UnreadableDocument, match=told):
        facts(tmp_path / "plan.png")


def test_a_picture_that_is_cut_off_is_refused_or_told(tmp_path: Path) -> None:
    picture().save(tmp_path / "whole.png")
    body = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "half.png").write_bytes(body[: len(body) // 2])
    try:
        found, _ = rendered(tmp_path / "half.png")
        assert found.warnings
    except TilescoutError as error:
        assert "half.png" not in str(error)


def test_what_takes_too_much_memory_is_refused_by_plan_and_by_detect(tmp_path: Path) -> None:
    Image.new("1", (40_000, 25_000), 1).save(tmp_path / "scan.tif", compression="group4")
    found = facts(tmp_path / "scan.tif")
    with pytest.raises(UnsupportedPage, match="page 1 is one of 40000 x 25000 px that takes"):
        plan_document(found, PROFILE, PriceTable())
    with pytest.raises(UnsupportedPage, match="page 1 is one of 40000 x 25000 px that takes"):
        rendered(tmp_path / "scan.tif")


@pytest.mark.parametrize("mode", ["I", "F"])
def test_values_of_32_bits_are_refused_by_plan_and_by_detect(tmp_path: Path, mode: str) -> None:
    """MuPDF would draw the whole page black."""
    picture(mode).save(tmp_path / "height_map.tif")
    told = "an image may have 16 bits per value; page 1 is one of 32, .* save it with 8 or 16"
    with pytest.raises(UnsupportedPage, match=told):
        plan_document(facts(tmp_path / "height_map.tif"), PROFILE, PriceTable())
    with pytest.raises(UnsupportedPage, match=told):
        rendered(tmp_path / "height_map.tif")


@pytest.mark.parametrize(
    ("shown", "is_refused"),
    [
        ({"width": 37_440, "height": 26_480, "colorspace": 1, "bpc": 1}, False),
        ({"width": 37_440, "height": 26_480, "colorspace": 1, "bpc": 8}, True),
        ({"width": 17_000, "height": 17_000, "colorspace": 3, "bpc": 8}, True),
        ({"width": 17_000, "height": 17_000, "colorspace": 1, "bpc": 16}, False),
        ({"width": 90_000, "height": 90_000, "colorspace": 0, "bpc": 1}, True),
    ],
)
def test_an_image_is_counted_with_the_bits_that_it_has(
    shown: dict[str, int], is_refused: bool
) -> None:
    limit = images.limit_mb(2500)
    assert bool(images.refusal([shown], 1, limit)) is is_refused
    row = (5, 0, shown["width"], shown["height"], shown["bpc"])
    assert images.may_be_refused([row], limit) or not is_refused


@pytest.mark.parametrize(
    ("told", "dpi"),
    [
        ((300, 300), (300, 300)),
        ((299.9994, 299.9994), (300, 300)),
        ((72, 72), (0, 0)),
        ((1, 1), (0, 0)),
        ((float("nan"), 300), (0, 0)),
        ((300, 0), (0, 0)),
        (None, (0, 0)),
        ("300", (0, 0)),
        ((9600, 9600), (0, 0)),
    ],
)
def test_only_a_scanner_s_resolution_counts(told: Any, dpi: tuple[float, float]) -> None:
    assert picture_files._sensible(told) == dpi


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7", "pdf"),
        (b"junk\n%PDF-1.7", "pdf"),
        (b"\x89PNG\r\n\x1a\n %PDF-", "png"),
        (b"MM\x00*", "tiff"),
        (b"RIFFxxxxWEBP", "webp"),
        (b"RIFFxxxxWAVE", None),
        (b"", None),
    ],
)
def test_a_file_is_known_by_its_first_bytes(head: bytes, kind: str | None) -> None:
    assert kind_of(head) == kind
