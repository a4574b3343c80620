"""The work that a page asks for, counted before it is drawn."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from tests.unit.tilescout.rendering.pdf_files import file_of, nested_form_objects, one_page, stream
from tests.unit.tilescout.rendering.poison_files import FORM, flate, with_content
from tilescout.errors import RenderLimitExceeded
from tilescout.rendering.mupdf.objects import measure_page
from tilescout.rendering.page_work import UNKNOWN, Work, largest_inline_image, longest_path
from tilescout.rendering.process import WorkLimits

LINE = b"0 0 m 9 9 l S\n"
IMAGE = b"/Type/XObject/Subtype/Image/Width 30/Height 20/ColorSpace/DeviceGray/BitsPerComponent 8"


def work_of(objects: list[bytes] | bytes, **limits: int) -> Work:
    file = objects if isinstance(objects, bytes) else file_of(objects)
    with pymupdf.open(stream=file, filetype="pdf") as document:
        return measure_page(document[0], 1, WorkLimits(**limits))


def with_resource(content: bytes, kind: bytes, resource: bytes) -> list[bytes]:
    """A page whose resource N of this kind is object 5."""
    objects = one_page(content, resource)
    objects[2] = objects[2].replace(b"/XObject<</F", b"/" + kind + b"<</N")
    return objects


def test_content_counts_as_it_inflates() -> None:
    assert work_of(with_content(flate(LINE * 1000))) == Work(inflated=14_000)


def test_bytes_between_two_filters_count_too() -> None:
    between = len(zlib.compress(LINE * 1000, 6))

    assert work_of(with_content(flate(LINE * 1000, 2))) == Work(inflated=between + 14_000)


def test_empty_blocks_that_inflate_to_nothing_are_bounded_between_the_filters() -> None:
    bomb = flate(b"\0\0\0\xff\xff" * 500_000, 1).replace(b"[/Fl", b"[/FlateDecode /Fl")

    with pytest.raises(RenderLimitExceeded, match="may inflate to 2 MB"):
        work_of(with_content(bomb), inflated_mb=2)


@pytest.mark.parametrize(
    "content",
    [b"/F Do " * 3, b"/F%\nDo /F Do /F Do", b"/#46 Do /F 1 0 Do /F Do", b"/F (a) Do /F Do /F Do"],
    ids=["plainly", "comment between", "escaped name, operands between", "text between"],
)
def test_a_form_counts_as_often_as_it_is_drawn(content: bytes) -> None:
    objects = one_page(content, stream(LINE * 10, FORM))

    assert work_of(objects) == Work(inflated=len(content) + 3 * 140)


def test_nested_forms_multiply() -> None:
    leaf, level = len(b"0 0 m 10 10 l S "), len(b"/F Do " * 10)

    assert work_of(nested_form_objects(3)).inflated == 5 + level * (1 + 10 + 100) + 1000 * leaf


def test_the_word_do_in_a_text_draws_nothing() -> None:
    content = b"BT (things to Do today) Tj ET"

    assert work_of(one_page(content, stream(LINE * 10, FORM))) == Work(inflated=len(content))


def test_a_form_that_draws_itself_stops_there() -> None:
    form = stream(b"/F Do " + LINE, FORM + b"/Resources<</XObject<</F 5 0 R>>>>")

    assert work_of(one_page(b"/F Do", form)) == Work(inflated=5 + 6 + len(LINE))


def test_forms_in_a_circle_are_refused() -> None:
    first = stream(b"/F Do", FORM + b"/Resources<</XObject<</F 6 0 R>>>>")
    second = stream(b"/F Do", FORM + b"/Resources<</XObject<</F 5 0 R>>>>")

    with pytest.raises(RenderLimitExceeded, match="nested 50 deep and not in a circle; simplify"):
        work_of(one_page(b"/F Do", first, second))


def test_forms_nested_too_deep_are_refused() -> None:
    with pytest.raises(RenderLimitExceeded, match="may be nested 50 deep"):
        work_of(nested_form_objects(51), inflated_mb=10**60)


def test_an_image_counts_its_pixels_as_often_as_it_is_drawn() -> None:
    objects = one_page(b"/F Do /F Do", stream(b"", IMAGE))

    assert work_of(objects) == Work(inflated=11, pixels=1200, largest_image=600)
    with pytest.raises(RenderLimitExceeded, match="may have 0 megapixels and have 0"):
        work_of(objects, image_megapixels=0)


def test_a_pattern_counts_once_for_each_path_that_it_fills() -> None:
    pattern = b"/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 9 9]/XStep 9/YStep 9"
    content = b"/Pattern cs /N scn 0 0 m 9 9 l f 0 0 9 9 re f* 0 g 0 0 9 9 re f"

    measured = work_of(with_resource(content, b"Pattern", stream(LINE, pattern)))

    assert measured == Work(inflated=len(content) + 2 * len(LINE))


def test_a_soft_mask_counts_its_group() -> None:
    objects = with_resource(b"/N gs /N gs", b"ExtGState", b"<</SMask<</S/Alpha/G 6 0 R>>>>")

    assert work_of([*objects, stream(LINE, FORM)]) == Work(inflated=11 + 2 * len(LINE))


def test_a_fonts_file_counts_once() -> None:
    content = b"BT /N 9 Tf (a) Tj /N 12 Tf (b) Tj ET"
    font = b"<</Type/Font/Subtype/TrueType/FontDescriptor<</FontFile2 6 0 R>>>>"

    objects = [*with_resource(content, b"Font", font), stream(b"x" * 5000)]

    assert work_of(objects) == Work(inflated=len(content) + 5000)


def test_an_annotations_appearance_counts() -> None:
    objects = one_page(LINE, page=b"/Annots[5 0 R]")
    square = b"<</Type/Annot/Subtype/Square/Rect[0 0 9 9]/AP<</N 6 0 R>>>>"

    measured = work_of([*objects, square, stream(LINE * 3, FORM)])

    assert measured == Work(inflated=4 * len(LINE))


@pytest.mark.parametrize(
    ("content", "segments"),
    [
        (b"", 0),
        (b"0 0 m 1 1 l 2 2 l S 0 0 m 1 1 l S", 2),
        (b"0 0 m 1 1 2 2 3 3 c 1 1 2 2 v 1 1 2 2 y h B*", 4),
        (b"0 0 5 5 re 0 0 6 6 re f", 2),
        (b"0 0m 1 1l 2 2l", 2),
        (b"/GS1 gs 0 0 m 1 1 l n", 1),
    ],
)
def test_the_segments_of_the_longest_path_are_counted(content: bytes, segments: int) -> None:
    assert longest_path(content) == segments


def test_a_path_is_counted_across_the_parts_in_which_content_is_scanned(
    monkeypatch: Any,
) -> None:
    content = b"0 0 m " + b"1 1 l " * 20 + b"S " + b"1 1 l " * 5

    for size in range(3, 40):
        monkeypatch.setattr("tilescout.rendering.page_work.SCANNED_BYTES", size)
        assert longest_path(content) == 20


def test_a_file_within_the_limits_is_measured_the_same_with_any(tmp_path: Path) -> None:
    objects = one_page(LINE, stream(LINE, FORM))

    assert work_of(objects) == work_of(objects, inflated_mb=1, path_segments=2)


@pytest.mark.parametrize(
    ("content", "pixels"),
    [
        (b"0 0 m 10 10 l S", 0),
        (b"BI /W 30 /H 2 /BPC 8 ID xxx EI", 900),
        (b"BI/W 8/H 90/BPC 1 ID xxx EI BI /Width 7 /Height 100 ID x EI", 10_000),
        (b"BI /#57 30000 /H 2 ID xxx EI", UNKNOWN),
        (b"BI /W 30 /H 2 /W 4 ID xxx EI", UNKNOWN),
        (b"BI /W 3e4 /H 2 ID xxx EI", UNKNOWN),
    ],
)
def test_images_in_the_content_are_bounded_by_their_longest_side(
    content: bytes, pixels: int
) -> None:
    assert largest_inline_image(content) == pixels
