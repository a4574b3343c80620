"""What `detect` and `export` write: CSV, annotations, folders, profiles, uploads."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pymupdf
import pytest
from PIL import Image

from tests.unit.tilescout.rendering.pdf_files import blank_page, save
from tilescout.geometry import Box, iou
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.documents import drawing as document_drawing
from tilescout_cli.documents import result_files, uploads
from tilescout_cli.documents.drawing import DrawingFailed
from tilescout_cli.stack import cdk_profiles
from tilescout_exports import comma_separated


def found(**changed: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "id": "00001#000000",
        "page": 1,
        "label": "instrument",
        "text": "FV-1023",
        "confidence": 98.5,
        "box_px": [10, 20, 30, 40],
        "box_pt": [5.0, 10.0, 15.0, 20.0],
        "tiles": [3, 4],
        "open_sides": ["left"],
    }
    return values | changed


def csv_of(*detections: dict[str, Any]) -> list[dict[str, str]]:
    file = io.StringIO()
    document = {"id": "d", "source": {"key": "incoming/text/a.pdf"}}
    comma_separated.write_results(file, [{"document": document, "detections": list(detections)}])
    file.seek(0)
    return list(csv.DictReader(file))


def test_a_csv_row_has_the_box_in_pixels_and_in_points() -> None:
    (row,) = csv_of(found())
    assert [row["left_px"], row["bottom_px"], row["left_pt"], row["bottom_pt"]] == [
        "10", "40", "5.0", "20.0",
    ]  # fmt: skip
    assert (row["text"], row["tiles"], row["open_sides"]) == ("FV-1023", "3 4", "left")


@pytest.mark.fault("S8")
@pytest.mark.parametrize("text", ["=1+1", "+1", "-5", "@SUM(A1)", "\tx", "\rx"])
def test_a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert comma_separated.safe(text) == "'" + text


def test_other_cells_stay_as_they_are() -> None:
    (row,) = csv_of(found(text='3/4", a=b'))
    assert row["text"] == '3/4", a=b'


def drawing(folder: Path, *, rotation: int, cropped: bool, user_unit: int) -> Path:
    document, page = blank_page(600, 400)
    page.insert_text((150, 120), "PUMP", fontsize=20)
    if cropped:
        page.set_cropbox(pymupdf.Rect(100, 50, 500, 350))
    page.set_rotation(rotation)
    document.xref_set_key(page.xref, "UserUnit", str(user_unit))
    return save(document, folder)


def words_as_shown(path: Path) -> list[tuple[str, Box]]:
    """Words of the first page in points as shown, by MuPDF's display list."""
    with pymupdf.open(path) as document:
        page = document[0]
        text = pymupdf.TextPage(page.get_displaylist().get_textpage())
        return [(word[4], Box(*word[:4])) for word in text.extractWORDS()]


def changed_pixels(path: Path) -> Box:
    """Where the annotations are drawn on the first page, in points as shown."""
    with pymupdf.open(path) as document:
        page = document[0]
        without, drawn = (_grey(page, annots) for annots in (False, True))
    rows, columns = np.nonzero(without != drawn)
    return Box(*(float(v) for v in (columns.min(), rows.min(), columns.max(), rows.max())))


def _grey(page: Any, annots: bool) -> npt.NDArray[np.uint8]:
    pixels = page.get_pixmap(colorspace=pymupdf.csGRAY, annots=annots)
    return np.frombuffer(pixels.samples, np.uint8).reshape(pixels.height, pixels.width)


@pytest.mark.parametrize("user_unit", [1, 2])
@pytest.mark.parametrize("cropped", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_an_annotation_lies_on_its_word_however_the_page_is_turned(
    tmp_path: Path, rotation: int, cropped: bool, user_unit: int
) -> None:
    pdf = drawing(tmp_path, rotation=rotation, cropped=cropped, user_unit=user_unit)
    ((text, box),) = words_as_shown(pdf)
    detection = found(text=text, box_pt=[box.left, box.top, box.right, box.bottom])
    annotated = tmp_path / "annotated.pdf"
    document_drawing.draw(pdf, [detection], annotated=annotated, preview=tmp_path / "preview.png")
    assert iou(changed_pixels(annotated), box) > 0.85


def annotated_and_preview(folder: Path, pdf: Path, *detections: dict[str, Any]) -> Any:
    paths = {"annotated": folder / "annotated.pdf", "preview": folder / "preview.png"}
    document_drawing.draw(pdf, detections, **paths)
    return paths["annotated"], paths["preview"]


def two_pages(folder: Path) -> Path:
    document, _ = blank_page(600, 400)
    document.new_page(width=300, height=900)
    return save(document, folder)


@pytest.mark.fault("S11")
def test_an_annotation_tells_label_text_and_confidence(tmp_path: Path) -> None:
    annotated, _ = annotated_and_preview(tmp_path, two_pages(tmp_path), found(page=2))
    with pymupdf.open(annotated) as document:
        page = document[1]
        (square,) = page.annots()
        assert square.type[1] == "Square"
        assert square.info["title"] == "instrument"
        assert square.info["content"] == "instrument FV-1023 (98.5 %)"


@pytest.mark.fault("S9")
@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)"]
)
def test_markup_that_was_read_is_text_in_every_file(tmp_path: Path, text: str) -> None:
    """No file is a page of markup, and the PDF gets nothing that a viewer would run or follow."""
    pdf = two_pages(tmp_path)
    document = {"id": "d", "source": {"key": "k"}}
    body = json.dumps({"document": document, "detections": [found(text=text)]}).encode()
    delivery = result_files.write(body, pdf, tmp_path / "out")
    assert {path.suffix for path in delivery.files} == {".json", ".csv", ".pdf", ".png"}
    with pymupdf.open(tmp_path / "out" / "annotated.pdf") as annotated:
        assert next(annotated[0].annots()).info["content"] == f"instrument {text} (98.5 %)"
        kept = [annotated.xref_object(n) for n in range(1, annotated.xref_length())]
    active = ("/JS", "/JavaScript", "/URI", "/Launch", "/OpenAction", "/RC ")
    assert [name for name in active if any(name in each for each in kept)] == []


def test_the_preview_shows_the_page_with_most_detections(tmp_path: Path) -> None:
    detections = [found(), found(page=2, id="00002#000000"), found(page=2, id="00002#000001")]
    _, preview = annotated_and_preview(tmp_path, two_pages(tmp_path), *detections)
    with Image.open(preview) as picture:
        assert picture.size == (667, 2000)


def test_thousands_of_annotations_take_seconds(tmp_path: Path) -> None:
    many = [found(id=f"00001#{number:06d}") for number in range(5_000)]
    annotated, _ = annotated_and_preview(tmp_path, two_pages(tmp_path), *many)
    with pymupdf.open(annotated) as document:
        assert len(document[0].annot_xrefs()) == 5_000


def test_a_file_that_is_no_pdf_is_told_and_not_raised_as_a_crash(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\nnothing")
    with pytest.raises(DrawingFailed, match=r"broken\.pdf cannot be drawn on"):
        annotated_and_preview(tmp_path, broken, found())


def test_results_are_kept_where_the_pdf_cannot_be_drawn_on(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\nnothing")
    document = {"id": "d", "source": {"key": "k"}}
    body = json.dumps({"document": document, "detections": [found()]}).encode()
    delivery = result_files.write(body, broken, tmp_path / "out")
    assert [path.name for path in delivery.files] == ["detections.json", "detections.csv"]
    assert (tmp_path / "out" / "detections.json").read_bytes() == body
    assert "cannot be drawn on" in delivery.warnings[0]


def test_documents_of_one_name_get_folders_of_their_own() -> None:
    chosen = result_files.folders(Path("out"), ["plan", "plan", "plan-2", "other"])
    assert [path.name for path in chosen] == ["plan", "plan-2", "plan-2-2", "other"]


def test_files_of_one_name_get_keys_of_their_own(tmp_path: Path) -> None:
    paths = [tmp_path / folder / "plan.pdf" for folder in ("a", "b", "c")]
    for path, content in zip(paths, (b"%PDF-1", b"%PDF-2", b"%PDF-1"), strict=True):
        path.parent.mkdir()
        path.write_bytes(content)
    usable, refused = uploads.check(paths)
    assert [pdf.key("text") for pdf in usable] == [
        "incoming/text/21af8e71/plan.pdf",
        "incoming/text/468b145b/plan.pdf",
    ]
    assert refused == []


def test_files_that_cannot_be_uploaded_are_named_with_the_reason(tmp_path: Path) -> None:
    text = tmp_path / "notes.pdf"
    text.write_bytes(b"hello")
    usable, refused = uploads.check([text, tmp_path / "gone.pdf", tmp_path])
    assert usable == []
    assert [line.removeprefix(f"{tmp_path}") for line in refused] == [
        "/notes.pdf does not begin with %PDF-, so it is no PDF, and it is no picture (PNG, JPEG, "
        "WebP, TIFF or JPEG 2000); export it anew",
        "/gone.pdf does not exist; check the name",
        " cannot be read (Is a directory); check its rights",
    ]


@pytest.mark.parametrize("pages", ["0", "3-1", "1-", "a", "1,2"])
def test_pages_that_are_no_range_are_refused(pages: str) -> None:
    with pytest.raises(BadUsage, match="--pages takes a page or a range from 1"):
        uploads.check_pages(pages)


def cdk_json(folder: Path, profiles: dict[str, Any]) -> Path:
    path = folder / "cdk.json"
    path.write_text(json.dumps({"context": {"tilescout": {"profiles": profiles}}}))
    return path


SETTINGS = {"detector": "textract", "dpi": 200, "tile_size": 2048, "overlap": 256}


def test_the_default_profile_is_the_one_marked_so(tmp_path: Path) -> None:
    path = cdk_json(tmp_path, {"a": SETTINGS, "b": SETTINGS | {"default": True}})
    assert cdk_profiles.read(path).named(None).name == "b"


def test_an_unknown_profile_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    path = cdk_json(tmp_path, {"a": SETTINGS, "b": SETTINGS})
    with pytest.raises(BadUsage, match=r"no profile 'c' in cdk\.json; use one of a, b"):
        cdk_profiles.read(path).named("c")


def test_a_broken_profile_is_refused_with_its_file(tmp_path: Path) -> None:
    path = cdk_json(tmp_path, {"a": {"detector": "textract"}})
    with pytest.raises(BadUsage, match=r"cdk\.json has no usable profiles"):
        cdk_profiles.read(path)


@pytest.mark.parametrize("name", ["scan.png", "scan.webp", "scan.tif"])
def test_detections_of_a_picture_are_drawn_on_a_pdf_of_it(tmp_path: Path, name: str) -> None:
    image = Image.new("L", (800, 600), 255)
    image.paste(0, (100, 100, 300, 200))
    image.save(tmp_path / name)
    paths = {"annotated": tmp_path / "annotated.pdf", "preview": tmp_path / "preview.png"}
    detection = found(box_pt=[36, 36, 108, 72])
    document_drawing.draw(tmp_path / name, [detection], **paths, sizes_pt={1: (288.0, 216.0)})

    with pymupdf.open(tmp_path / "annotated.pdf") as document:
        (page,) = document
        (annotation,) = page.annots()
        assert (page.rect.width, page.rect.height) == (288, 216)
        assert annotation.rect.contains(pymupdf.Rect(36, 36, 108, 72))
        ink = page.get_pixmap(dpi=72, annots=False, colorspace=pymupdf.csGRAY)
        assert ink.pixel(70, 50) == (0,)
        assert ink.pixel(20, 50) == (255,)
    with Image.open(tmp_path / "preview.png") as preview:
        assert preview.width == 2000
