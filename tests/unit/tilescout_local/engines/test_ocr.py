"""The local OCR reads what drawings hold: upright dimensions, signs, words beside lines."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from tilescout_local.engines.ocr import TextReader

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return TextReader()


def sheet() -> Image.Image:
    image = Image.new("RGB", (900, 700), "white")
    draw = ImageDraw.Draw(image)
    for row in range(6):
        draw.text((40, 40 + 60 * row), f"PUMP P-{1040 + row}", fill="black", font=font())
    return image


def font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(24)


def greek_font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf", 28)


def upright(image: Image.Image, text: str, at: tuple[int, int]) -> None:
    part = Image.new("RGB", (150, 40), "white")
    ImageDraw.Draw(part).text((5, 3), text, fill="black", font=font())
    image.paste(part.rotate(90, expand=True), at)


def pixels(image: Image.Image) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.asarray(image)[:, :, ::-1])


def test_upright_neighbours_are_read_one_by_one(reader: TextReader) -> None:
    image = sheet()
    for number, text in enumerate(["89.5", "86.2", "82.9"]):
        upright(image, text, (500 + 40 * number, 300))

    texts = {line.text for line in reader.read(pixels(image))}

    assert {"89.5", "86.2", "82.9"} <= texts
    assert {f"PUMP P-{1040 + row}" for row in range(6)} <= texts
    assert len(texts) == 9


def test_a_line_that_runs_upwards_starts_at_its_foot(reader: TextReader) -> None:
    image = sheet()
    upright(image, "FV-2044", (600, 300))

    (line,) = (line for line in reader.read(pixels(image)) if line.text == "FV-2044")

    (start_x, start_y), (end_x, end_y) = line.quad[:2]
    assert (start_x, end_x) == (pytest.approx(end_x, abs=4), pytest.approx(609, abs=6))
    assert start_y - end_y == pytest.approx(font().getlength("FV-2044"), abs=10)


def test_circles_are_not_read(reader: TextReader) -> None:
    image = sheet()
    for number in range(8):
        left = 500 + 40 * number
        ImageDraw.Draw(image).ellipse((left, 500, left + 24, 524), outline="black", width=2)

    texts = [line.text for line in reader.read(pixels(image))]

    assert len(texts) == 6


def test_rings_are_left_out_and_counted(reader: TextReader) -> None:
    image = sheet()
    draw = ImageDraw.Draw(image)
    for left in range(40, 800, 90):
        draw.ellipse((left, 500, left + 26, 526), outline="black", width=3)

    reading = reader.read_image(pixels(image))

    assert [line.text for line in reading.lines] == [f"PUMP P-{1040 + row}" for row in range(6)]
    assert reading.left_out > 0


def test_greek_letters_are_read_where_the_alphabet_has_them(reader: TextReader) -> None:
    image = Image.new("RGB", (700, 120), "white")
    ImageDraw.Draw(image).text((30, 40), "ΦΙΛΤΡΟ ΔΞΨ 12", fill="black", font=greek_font())
    latin = reader.read_image(pixels(image))
    greek = reader.read_image(pixels(image), "greek")
    told = "".join(line.text for line in greek.lines)
    assert set("ΔΨ") & set(told)
    assert not set("ΔΞΨΛ") & set("".join(line.text for line in latin.lines))
    assert (latin.alphabet, greek.alphabet) == ("latin", "greek")


def at_angle(degrees: int, *texts: str, font: ImageFont.FreeTypeFont | None = None) -> Image.Image:
    image = Image.new("RGB", (900, 400), "white")
    for at, text in enumerate(texts):
        part = Image.new("RGBA", (220, 44), (255, 255, 255, 0))
        lettering = font or ImageFont.load_default(22)
        ImageDraw.Draw(part).text((8, 6), text, fill="black", font=lettering)
        turned = part.rotate(degrees, expand=True, resample=Image.Resampling.BICUBIC)
        image.paste(turned, (60 + 420 * at, 80), turned)
    return image


@pytest.mark.parametrize("degrees", [7, 20, 30, 45, 60, 83, -20, -45, 150, 180, 210, 270])
def test_lettering_at_any_angle_is_read(reader: TextReader, degrees: int) -> None:
    reading = reader.read_image(pixels(at_angle(degrees, "PUMP P-1042", "4500 mm")))

    assert sorted(line.text for line in reading.lines) == ["4500 mm", "PUMP P-1042"]
    assert reading.unread == ()


def test_an_upside_down_line_starts_at_its_right_end(reader: TextReader) -> None:
    (line,) = reader.read(pixels(at_angle(180, "PUMP P-1042")))

    (start_x, start_y), (end_x, end_y) = line.quad[:2]
    assert start_x - end_x > 100
    assert start_y == pytest.approx(end_y, abs=2)


def test_lettering_at_an_angle_that_is_not_read_is_told_with_its_place(reader: TextReader) -> None:
    cyrillic = ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf", 24)
    reading = reader.read_image(pixels(at_angle(30, "ЖЩЮЯЭЫЖЩЮЯ", font=cyrillic)))

    assert [place.degrees for place in reading.unread] == [30]
    (place,) = reading.unread
    assert place.left < 160 < place.right
    assert place.top < 150 < place.bottom
