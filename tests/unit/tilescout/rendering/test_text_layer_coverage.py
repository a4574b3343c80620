"""What a PDF's text layer lacks is seen in the drawn pixels, and told."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from PIL import Image

from tests.unit.tilescout.rendering.pdf_files import (
    blank_page,
    one_page,
    save,
    stream,
    write_objects,
)
from tests.unit.tilescout.rendering.test_text_layer import WHITE, fill_with_words, read, texts

FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold>>"


def outline_of(text: str, at: tuple[float, float], page: Any, fontsize: float = 10) -> None:
    """Draws lettering without text: as a picture in which nothing but its pixels is left."""
    width = pymupdf.get_text_length(text, fontsize=fontsize)
    source = pymupdf.open()
    sheet = source.new_page(width=width + 4, height=1.5 * fontsize)
    sheet.insert_text((2, 1.1 * fontsize), text, fontsize=fontsize)
    pixels = sheet.get_pixmap(dpi=300, colorspace=pymupdf.csGRAY)
    x, y = at
    page.insert_image((x, y - 1.1 * fontsize, x + width + 4, y + 0.4 * fontsize), pixmap=pixels)


def written(folder: Path, content: bytes) -> Path:
    """A page whose font H and patterns P (tiling) and S (shading) ``content`` may use."""
    pattern = (
        b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 3 4]/XStep 3/YStep 4"
        b"/Resources<<>>"
    )
    shading = (
        b"<</PatternType 2/Shading<</ShadingType 2/ColorSpace/DeviceGray/Coords[0 0 500 0]"
        b"/Function<</FunctionType 2/Domain[0 1]/C0[0]/C1[.5]/N 1>>/Extend[true true]>>>>"
    )
    objects = one_page(content, FONT, stream(b"0 0 2 4 re f", pattern), shading)
    own = b"/Font<</H 5 0 R>>/Pattern<</P 6 0 R/S 7 0 R>>/ExtGState<</A<</ca .3>>>>"
    objects[2] = objects[2].replace(b"/XObject<</F 5 0 R>>", own)
    return write_objects(folder, objects)


def test_lettering_in_pixels_beside_the_words_is_not_covered(tmp_path: Path) -> None:
    document, page = blank_page()
    fill_with_words(page)
    outline_of("AHU-2044-W", (400, 300), page)

    assert not read(save(document, tmp_path)).covers_page


def test_hatching_dashes_and_circles_are_not_lettering(tmp_path: Path) -> None:
    document, page = blank_page()
    fill_with_words(page)
    for at in range(0, 200, 6):
        page.draw_line((300 + at, 100), (300 + at, 108))
        page.draw_line((300, 150 + at / 2), (320, 170 + at / 2))
        page.draw_circle((303 + at, 300), 2.5)
        page.draw_line((500, at), (500, at + 4))

    assert read(save(document, tmp_path)).covers_page


def test_just_the_tiles_that_show_what_the_layer_lacks_are_sent(tmp_path: Path) -> None:
    document, page = blank_page(1200, 1200)
    fill_with_words(page)
    outline_of("AHU-2044-W", (1000, 1000), page)

    shown = read(
        save(document, tmp_path), dpi=144, tile_size=1000, overlap=100, tiles="where-no-text"
    )

    assert (shown.tiles_sent, shown.tiles_skipped) == (1, 8)


def test_lettering_that_nobody_reads_is_told(tmp_path: Path) -> None:
    document, page = blank_page()
    fill_with_words(page)
    outline_of("AHU-2044-W", (400, 300), page)

    (warning,) = read(save(document, tmp_path), tiles="never").warnings

    assert warning == (
        "page 1 shows lettering in 1 places that is not in its text layer and was not read; a "
        "profile with text_layer first reads it from the pixels"
    )


@pytest.mark.parametrize("turn", [0, 90])
def test_invisible_words_over_strokes_that_they_name_are_read(tmp_path: Path, turn: int) -> None:
    document, page = blank_page()
    page.insert_text((100, 200), "FV-1023", render_mode=3, fontsize=12, rotate=turn)
    page.insert_text((100, 200), "FV-1023", render_mode=0, fontsize=12, rotate=turn)
    drawn = page.get_pixmap(dpi=300)
    page.insert_text((300, 300), "GHOST", render_mode=3)
    page.insert_image(page.rect, pixmap=drawn, overlay=True)

    shown = read(save(document, tmp_path), tiles="never")

    assert texts(shown) == ["FV-1023"]
    assert shown.warnings[0] == (
        "1 of 2 words of page 1 were not read, because they are invisible and no lettering is "
        "drawn at their place"
    )


def over_a_pad(page: Any) -> None:
    page.draw_rect((52, 92, 80, 100), fill=(0, 0, 0))


def over_a_rule(page: Any) -> None:
    page.draw_line((40, 97), (200, 97))


@pytest.mark.parametrize("draw", [over_a_pad, over_a_rule])
def test_invisible_words_over_other_ink_are_left_out(
    tmp_path: Path, draw: Callable[[Any], None]
) -> None:
    document, page = blank_page()
    draw(page)
    page.insert_text((50, 100), "PAC27202", render_mode=3)

    assert texts(read(save(document, tmp_path))) == []


def test_texts_of_shx_annotations_are_words(tmp_path: Path) -> None:
    document, page = blank_page()
    outline_of("SUPPLY FAN", (100, 100), page, fontsize=14)
    note = page.add_rect_annot((102, 88, 184, 102))
    note.set_info(title="AutoCAD SHX Text", content="SUPPLY FAN")
    note.set_colors(stroke=None)
    note.set_border(width=0)
    note.update(opacity=0)
    other = page.add_rect_annot((300, 300, 360, 320))
    other.set_info(title="A reviewer", content="valve")
    other.update()

    words = read(save(document, tmp_path), dpi=72).words

    assert [word.text for word in words] == ["SUPPLY", "FAN"]
    # PyMuPDF grows the rectangle by 1 pt.
    assert words[0].box.rounded() == (101, 87, 151, 103)
    assert words[0].line == words[1].line


def shx_note(page: Any, text: str, box: tuple[float, float, float, float]) -> None:
    """An invisible annotation of AutoCAD over lettering that is drawn as strokes."""
    note = page.add_rect_annot(box)
    note.set_info(title="AutoCAD SHX Text", content=text)
    note.set_colors(stroke=None)
    note.set_border(width=0)
    note.update(opacity=0)


def drawn_upwards(page: Any, text: str, corner: tuple[float, float]) -> None:
    """Draws lettering without text that runs upwards from the corner."""
    width = pymupdf.get_text_length(text, fontsize=14)
    sheet = pymupdf.open().new_page(width=20, height=width + 4)
    sheet.insert_text((15, width + 2), text, fontsize=14, rotate=90)
    pixels = sheet.get_pixmap(dpi=300, colorspace=pymupdf.csGRAY)
    x, y = corner
    page.insert_image((x, y - width - 4, x + 20, y), pixmap=pixels)


@pytest.mark.parametrize(
    ("turn", "corner"), [(0, (101, 87)), (90, (297, 101)), (180, (439, 297)), (270, (87, 439))]
)
def test_texts_of_shx_annotations_turn_with_their_page(
    tmp_path: Path, turn: int, corner: tuple[int, int]
) -> None:
    document, page = blank_page()
    outline_of("PT-2033", (100, 100), page, fontsize=14)
    shx_note(page, "PT-2033", (102, 88, 160, 102))
    page.set_rotation(turn)

    (word,) = read(save(document, tmp_path), dpi=72).words

    assert (word.text, word.box.rounded()[:2]) == ("PT-2033", corner)


def test_a_text_of_an_shx_annotation_may_run_upwards(tmp_path: Path) -> None:
    document, page = blank_page()
    drawn_upwards(page, "SUPPLY FAN", (100, 200))
    width = pymupdf.get_text_length("SUPPLY FAN", fontsize=14)
    shx_note(page, "SUPPLY FAN", (103, 198 - width, 117, 198))

    words = read(save(document, tmp_path), dpi=72).words

    assert [word.text for word in words] == ["SUPPLY", "FAN"]
    assert {word.direction for word in words} == {"up"}
    assert words[0].box.top > words[1].box.bottom


@pytest.mark.parametrize("author", ["Autocad shx text", "AutoCAD", "A reviewer", ""])
def test_notes_of_other_authors_are_no_words(tmp_path: Path, author: str) -> None:
    document, page = blank_page()
    outline_of("PT-2033", (100, 100), page, fontsize=14)
    note = page.add_rect_annot((102, 88, 160, 102))
    note.set_info(title=author, content="PT-2033")
    note.update(opacity=0)

    assert texts(read(save(document, tmp_path))) == []


def test_an_shx_annotation_without_its_lettering_is_no_word(tmp_path: Path) -> None:
    document, page = blank_page()
    shx_note(page, "PT-2033", (102, 88, 160, 102))

    assert texts(read(save(document, tmp_path))) == []


def test_a_page_whose_strokes_are_all_named_is_covered_and_sends_no_tiles(tmp_path: Path) -> None:
    document, page = blank_page()
    fill_with_words(page)
    for at in range(4):
        outline_of(f"PT-20{at}3", (300, 100 + 40 * at), page, fontsize=14)
        shx_note(page, f"PT-20{at}3", (302, 88 + 40 * at, 360, 102 + 40 * at))

    shown = read(save(document, tmp_path), tiles="where-no-text")

    assert shown.covers_page
    assert shown.tiles_sent == 0


def scan_of(lines: int, mode: str = "L") -> bytes:
    """A picture of 600 x 400 pt with lettering in so many lines."""
    sheet = pymupdf.open().new_page(width=600, height=400)
    for at in range(lines):
        sheet.insert_text((60, 60 + 30 * at), f"FV-20{at:02} SUPPLY FAN", fontsize=12)
    pixels = sheet.get_pixmap(dpi=150, colorspace=pymupdf.csGRAY)
    body = io.BytesIO()
    image = Image.frombytes("L", (pixels.width, pixels.height), pixels.samples)
    image.convert(mode).save(body, "PNG" if mode == "1" else "JPEG")
    return body.getvalue()


def whole(page: Any) -> None:
    page.insert_image(page.rect, stream=scan_of(8))


def bilevel(page: Any) -> None:
    page.insert_image(page.rect, stream=scan_of(8, "1"))


def in_strips(page: Any) -> None:
    """As scanners write it: the picture in eight strips."""
    scan = Image.open(io.BytesIO(scan_of(8)))
    for at in range(8):
        body = io.BytesIO()
        high = scan.height // 8
        scan.crop((0, at * high, scan.width, (at + 1) * high)).save(body, "PNG")
        page.insert_image((0, 50 * at, 600, 50 * at + 50), stream=body.getvalue())


def upside_down(page: Any) -> None:
    page.insert_image(page.rect, stream=scan_of(8), rotate=180)


def beside_vectors(page: Any) -> None:
    page.insert_image((0, 0, 300, 200), stream=scan_of(8))
    page.draw_rect((310, 10, 590, 390))


@pytest.mark.parametrize("scan", [whole, bilevel, in_strips, upside_down, beside_vectors])
def test_a_scan_with_a_printed_footer_is_not_covered(
    tmp_path: Path, scan: Callable[[Any], None]
) -> None:
    document, page = blank_page()
    scan(page)
    footer = "UNCONTROLLED COPY WHEN PRINTED VERIFY REVISION BEFORE USE SHEET 1 OF 12"
    page.insert_text((60, 392), footer, fontsize=8)

    shown = read(save(document, tmp_path), tiles="where-no-text")

    assert texts(shown) == footer.split()
    assert not shown.covers_page
    assert shown.tiles_sent == 1


def test_dashes_are_plain_and_characters_without_width_are_left_out(tmp_path: Path) -> None:
    to_unicode = (
        b"/CIDInit/ProcSet findresource begin begincmap 1 begincodespacerange<00><ff>"
        b"endcodespacerange 3 beginbfchar<2d><00ad><2b><002d200b><3d><f02d>endbfchar endcmap"
    )
    font = FONT.replace(b">>", b"/Encoding/WinAnsiEncoding/ToUnicode 6 0 R>>")
    content = b"BT /H 20 Tf 50 400 Td (FV-1011) Tj 0 -40 Td (FV+1017) Tj 0 -40 Td (FV=1020) Tj ET"
    objects = one_page(content, font, stream(to_unicode))
    objects[2] = objects[2].replace(b"/XObject<</F 5 0 R>>", b"/Font<</H 5 0 R>>")

    assert texts(read(write_objects(tmp_path, objects))) == ["FV-1011", "FV-1017", "FV-1020"]


def unmapped_font(glyph: bytes) -> list[bytes]:
    """A font of three letters; the code of "B" has no Unicode and is drawn by ``glyph``."""
    square = b"600 0 0 0 500 700 d1 0 0 500 700 re 100 100 300 500 re f*"
    to_unicode = (
        b"/CIDInit/ProcSet findresource begin begincmap 1 begincodespacerange<00><ff>"
        b"endcodespacerange 3 beginbfchar<41><0041><42><fffd><43><0043>endbfchar endcmap"
    )
    font = (
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 600 700]/FontMatrix[.001 0 0 .001 0 0]"
        b"/CharProcs<</x 6 0 R/y 7 0 R>>/Encoding<</Differences[65/x/y/x]>>/FirstChar 65"
        b"/LastChar 67/Widths[600 600 600]/Resources<<>>/ToUnicode 8 0 R>>"
    )
    return [font, stream(square), stream(glyph), stream(to_unicode)]


def with_unmapped(folder: Path, glyph: bytes) -> Path:
    objects = one_page(b"BT /H 20 Tf 50 400 Td (AABCC) Tj ET", *unmapped_font(glyph))
    objects[2] = objects[2].replace(b"/XObject<</F 5 0 R>>", b"/Font<</H 5 0 R>>")
    return write_objects(folder, objects)


def test_a_blank_glyph_without_unicode_splits_words(tmp_path: Path) -> None:
    shown = read(with_unmapped(tmp_path, b"600 0 d0"), tiles="never")

    assert (texts(shown), shown.warnings) == (["AA", "CC"], ())


def test_a_word_with_an_inked_glyph_without_unicode_is_told(tmp_path: Path) -> None:
    inked = b"600 0 0 0 500 700 d1 0 0 500 700 re f"

    shown = read(with_unmapped(tmp_path, inked), tiles="never")

    assert texts(shown) == []
    assert shown.warnings[0] == (
        "1 of 1 words of page 1 were not read, because glyphs of theirs have no Unicode"
    )


@pytest.mark.parametrize("space", [0x20, 0x09, 0xA0, 0x2003, 0x2009, 0x202F, 0x3000])
def test_any_space_parts_words(tmp_path: Path, space: int) -> None:
    objects = one_page(b"BT /H 20 Tf 50 400 Td (AABCC) Tj ET", *unmapped_font(b"600 0 d0"))
    objects[2] = objects[2].replace(b"/XObject<</F 5 0 R>>", b"/Font<</H 5 0 R>>")
    objects = [each.replace(b"<fffd>", b"<%04x>" % space) for each in objects]

    assert texts(read(write_objects(tmp_path, objects), tiles="never")) == ["AA", "CC"]


@pytest.mark.parametrize("code", [0xE000, 0xF020, 0xF8FF, 0xFFFE])
def test_a_blank_glyph_of_a_private_code_splits_words_too(tmp_path: Path, code: int) -> None:
    objects = one_page(b"BT /H 20 Tf 50 400 Td (AABCC) Tj ET", *unmapped_font(b"600 0 d0"))
    objects[2] = objects[2].replace(b"/XObject<</F 5 0 R>>", b"/Font<</H 5 0 R>>")
    objects = [each.replace(b"<fffd>", b"<%04x>" % code) for each in objects]

    shown = read(write_objects(tmp_path, objects), tiles="never")

    assert (texts(shown), shown.warnings) == (["AA", "CC"], ())


@pytest.mark.parametrize(
    "paint",
    [
        b"/Pattern cs /P scn BT /H 20 Tf 50 400 Td (TITLE) Tj ET",
        b"/Pattern cs /S scn BT /H 20 Tf 50 400 Td (TITLE) Tj ET",
        b"q BT 7 Tr /H 20 Tf 50 400 Td (TITLE) Tj ET 0 g 0 0 500 500 re f Q",
        b"BT 2 Tr 1 g 0 G /H 20 Tf 50 400 Td (TITLE) Tj ET",
        b"/A gs BT /H 20 Tf 50 400 Td (TITLE) Tj ET",
    ],
    ids=["pattern", "shading", "clip", "hollow", "alpha"],
)
def test_text_is_read_however_it_is_painted(tmp_path: Path, paint: bytes) -> None:
    assert texts(read(written(tmp_path, paint))) == ["TITLE"]


def test_text_that_only_clips_is_left_out(tmp_path: Path) -> None:
    path = written(tmp_path, b"q BT 7 Tr /H 20 Tf 50 400 Td (GHOST) Tj ET Q")

    assert texts(read(path)) == []


def test_black_text_between_black_rules_is_read(tmp_path: Path) -> None:
    document, page = blank_page()
    page.insert_text((50, 100), "NOTES", fontsize=10)
    for rule in ((40, 90, 200, 92), (40, 100.6, 200, 103), (46, 85, 49.4, 110), (83, 85, 90, 110)):
        page.draw_rect(rule, fill=(0, 0, 0), width=0)

    assert texts(read(save(document, tmp_path))) == ["NOTES"]


def test_covered_words_are_counted(tmp_path: Path) -> None:
    document, page = blank_page()
    fill_with_words(page)
    page.insert_text((300, 100), "GHOST")
    page.draw_rect((290, 80, 400, 110), fill=WHITE, color=None)

    assert read(save(document, tmp_path)).warnings == (
        "1 of 11 words of page 1 were not read, because they are covered, or drawn in the colour "
        "of their paper",
    )
