"""Each export is read back by its format's own library with the same boxes to half a pixel."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree

import jsonschema
import pyarrow.parquet as pq
import pymupdf
import pytest
import yaml
from openpyxl import load_workbook
from PIL import Image
from pycocotools.coco import COCO

from tests.unit.project.doc_pages import ROOT
from tests.unit.tilescout_viewer.result_folders import detection, found, head, write_drawing
from tilescout_datasets.formats.detect_format import read
from tilescout_drawings.drawing import Drawing
from tilescout_exports import html
from tilescout_exports.model import (
    ExportedDocument,
    ExportedPage,
    ExportFailed,
    ExportOptions,
    safe_names,
)
from tilescout_exports.registry import FORMATS, named

Box = tuple[float, float, float, float]
Objects = dict[str, list[tuple[str, Box]]]
HOSTILE = (
    "=cmd|'/c calc'!A1",
    "+1",
    "@SUM(1)",
    "-2+3",
    "\t=1",
    "\r\n=1",
    "\uff1d1+1",
    "<script>alert(1)</script>",
    "]]></text><object>",
    '"; DROP: x\nnames: []',
    "a: b #c",
    "\u202etxet",
    "nul\x00l\x1b[0m",
    "",
    "\ufffe\uffff",
)


@pytest.fixture(scope="module")
def drawing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("drawing") / "drawing.pdf"
    write_drawing(path)
    return path


@pytest.fixture(scope="module")
def options(drawing: Path) -> Iterator[ExportOptions]:
    with Drawing(drawing) as opened:

        def page_image(page: ExportedPage) -> Image.Image:
            return opened.page_image(page.page, page.pyramid)

        yield ExportOptions(
            page_image=page_image, link=lambda document, row: f"http://127.0.0.1/#s={row['id']}"
        )


@pytest.fixture
def document(drawing: Path) -> ExportedDocument:
    return ExportedDocument(name="plan", head=head(), detections=tuple(found()), drawing=drawing)


@pytest.fixture
def hostile(drawing: Path) -> ExportedDocument:
    rows = [
        detection(n, box_pt=(40, 60 + n, 64, 90 + n), label=text or "x", text=text)
        for n, text in enumerate(HOSTILE)
    ]
    name = '=1+1<b>&".pdf'
    return ExportedDocument(name="h", head=head(name=name), detections=tuple(rows), drawing=drawing)


def write(name: str, document: ExportedDocument, folder: Path, options: ExportOptions) -> Path:
    form = named(name)
    path = folder / f"export{form.suffix}"
    form.write([document], path, options)
    return path


def objects_of(document: ExportedDocument) -> Objects:
    """Labels and boxes in px, by page."""
    return {
        page.name: [(row["label"], tuple(row["box_px"])) for row in page.detections]
        for page in document.pages()
    }


def assert_same(read: Objects, document: ExportedDocument) -> None:
    expected = objects_of(document)
    assert set(read) == set(expected)
    for name, objects in expected.items():
        assert [label for label, _ in read[name]] == [label for label, _ in objects]
        for (_, box), (_, wanted) in zip(read[name], objects, strict=True):
            assert box == pytest.approx(wanted, abs=0.5)


def read_coco(path: Path) -> Objects:
    coco = COCO(path / "annotations.json")
    names = {each["id"]: each["name"] for each in coco.loadCats(coco.getCatIds())}
    found: Objects = {}
    for image in coco.loadImgs(coco.getImgIds()):
        key = Path(image["file_name"]).stem
        found[key] = []
        for each in coco.loadAnns(coco.getAnnIds(imgIds=image["id"])):
            left, top, width, height = each["bbox"]
            found[key].append((names[each["category_id"]], (left, top, left + width, top + height)))
    return found


def read_yolo(path: Path) -> Objects:
    """The reader that Ultralytics documents: shares of the picture, names from data.yaml."""
    names = yaml.safe_load((path / "data.yaml").read_text())["names"]
    found: Objects = {}
    for image in (path / "images").iterdir():
        with Image.open(image) as opened:
            width, height = opened.size
        found[image.stem] = []
        for line in (path / "labels" / f"{image.stem}.txt").read_text().splitlines():
            number, x, y, w, h = (float(part) for part in line.split())
            box = ((x - w / 2) * width, (y - h / 2) * height,
                   (x + w / 2) * width, (y + h / 2) * height)  # fmt: skip
            found[image.stem].append((names[int(number)], box))
    return found


def read_voc(path: Path) -> Objects:
    """The reader of torchvision and labelImg: the sides as they are written."""
    found: Objects = {}
    for file in (path / "Annotations").iterdir():
        root = ElementTree.parse(file).getroot()
        found[file.stem] = []
        for each in root.iter("object"):
            box = each.find("bndbox")
            assert box is not None
            sides = [float(box.findtext(name) or "") for name in ("xmin", "ymin", "xmax", "ymax")]
            found[file.stem].append(
                (each.findtext("name") or "", (sides[0], sides[1], sides[2], sides[3]))
            )
    return found


def read_cvat(path: Path) -> Objects:
    root = ElementTree.parse(path / "annotations.xml").getroot()
    return {
        Path(image.get("name", "")).stem: [
            (
                box.get("label", ""),
                cast(Box, tuple(float(box.get(side, "")) for side in ("xtl", "ytl", "xbr", "ybr"))),
            )
            for box in image.iter("box")
        ]
        for image in root.iter("image")
    }


def read_label_studio(path: Path) -> Objects:
    found: Objects = {}
    for task in json.loads((path / "tasks.json").read_text()):
        key = Path(task["data"]["image"]).stem
        found[key] = []
        for each in task["annotations"][0]["result"]:
            if each["type"] != "rectanglelabels":
                continue
            value, width, height = each["value"], each["original_width"], each["original_height"]
            left, top = value["x"] * width / 100, value["y"] * height / 100
            box = (left, top, left + value["width"] * width / 100,
                   top + value["height"] * height / 100)  # fmt: skip
            found[key].append((value["rectanglelabels"][0], box))
    return found


def read_geojson(path: Path) -> Objects:
    found: Objects = {"plan-p1": [], "plan-p2": []}
    for feature in json.loads(path.read_text())["features"]:
        (ring,) = feature["geometry"]["coordinates"]
        xs, ys = [x for x, _ in ring], [y for _, y in ring]
        page = feature["properties"]["page"]
        found[f"plan-p{page}"].append(
            (feature["properties"]["label"], (min(xs), min(ys), max(xs), max(ys)))
        )
    return found


def read_parquet(path: Path) -> Objects:
    found: Objects = {"plan-p1": [], "plan-p2": []}
    for row in pq.read_table(path).to_pylist():
        box = tuple(row[f"{side}_px"] for side in ("left", "top", "right", "bottom"))
        found[f"plan-p{row['page']}"].append((row["label"], box))
    return found


def read_excel(path: Path) -> Objects:
    found: Objects = {"plan-p1": [], "plan-p2": []}
    rows = load_workbook(path)["Detections"].iter_rows(min_row=2, values_only=True)
    for row in rows:
        found[f"plan-p{row[1]}"].append((row[2], tuple(row[7:11])))
    return found


def read_csv(path: Path) -> Objects:
    found: Objects = {"plan-p1": [], "plan-p2": []}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            box = tuple(float(row[f"{side}_px"]) for side in ("left", "top", "right", "bottom"))
            found[f"plan-p{row['page']}"].append((row["label"], box))
    return found


def read_json(path: Path) -> Objects:
    found: Objects = {"plan-p1": [], "plan-p2": []}
    for row in json.loads(path.read_text())["detections"]:
        found[f"plan-p{row['page']}"].append((row["label"], tuple(row["box_px"])))
    return found


def read_pdf(path: Path) -> Objects:
    found: Objects = {}
    with pymupdf.open(path / "plan.pdf") as pdf:
        for page in pdf:
            key = f"plan-p{page.number + 1}"
            found[key] = []
            for each in page.annots():
                margins = pymupdf.Rect(each.rect_delta or (0, 0, 0, 0))
                # The box is drawn .6 pt outside of what was found.
                box = (each.rect + margins) + (0.6, 0.6, -0.6, -0.6)
                found[key].append((each.info["title"], tuple(side * 200 / 72 for side in box)))
    return found


def read_html(path: Path) -> Objects:
    text = (path / "data.js").read_text()
    data = json.loads(text.removeprefix("window.TILESCOUT_EXPORT = ").removesuffix(";\n"))
    (document,) = data["documents"]
    found: Objects = {f"plan-p{page['page']}": [] for page in document["pages"]}
    for row in document["detections"]:
        found[f"plan-p{row['page']}"].append((row["label"], tuple(row["box"])))
    return found


READERS = {
    "json": read_json,
    "csv": read_csv,
    "xlsx": read_excel,
    "coco": read_coco,
    "yolo": read_yolo,
    "voc": read_voc,
    "cvat": read_cvat,
    "label-studio": read_label_studio,
    "geojson": read_geojson,
    "parquet": read_parquet,
    "pdf": read_pdf,
    "html": read_html,
}


@pytest.fixture(autouse=True)
def _web_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The page of the viewer need not be built for these tests."""
    built = tmp_path / "built"
    built.mkdir()
    for name in ("viewer.js", "viewer.css"):
        (built / name).write_text("")
    monkeypatch.setattr(html, "WEB_FILES", built)


def test_every_format_is_read_back() -> None:
    assert set(READERS) == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_the_boxes_come_back_to_half_a_pixel(
    name: str, document: ExportedDocument, options: ExportOptions, tmp_path: Path
) -> None:
    assert_same(READERS[name](write(name, document, tmp_path, options)), document)


@pytest.mark.parametrize("name", FORMATS)
def test_a_document_without_detections_is_written(
    name: str, drawing: Path, options: ExportOptions, tmp_path: Path
) -> None:
    empty = ExportedDocument(name="plan", head=head(), detections=(), drawing=drawing)
    assert_same(READERS[name](write(name, empty, tmp_path, options)), empty)


@pytest.mark.parametrize("name", FORMATS)
def test_hostile_texts_are_written_and_read(
    name: str, hostile: ExportedDocument, options: ExportOptions, tmp_path: Path
) -> None:
    path = write(name, hostile, tmp_path, options)
    readers = {"coco", "yolo", "voc", "cvat", "label-studio"}
    if name in readers:
        (read,) = [each for each in READERS[name](path).values() if each]
        assert len(read) == len(HOSTILE)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("coco", "annotations.json"),
        ("label-studio", "tasks.json"),
        ("cvat", "annotations.xml"),
        ("voc", "Annotations"),
        ("yolo", "data.yaml"),
    ],
)
def test_our_own_importers_read_what_was_exported(
    name: Any, file: str, document: ExportedDocument, options: ExportOptions, tmp_path: Path
) -> None:
    path = write(name, document, tmp_path, options)
    imported = read([path / file], needs_files=False)
    pages = {page.path.stem: page for page in imported.pages}
    for page in document.pages():
        annotations = pages[page.name].annotations
        boxes = [(each.box.left, each.box.top, each.box.right, each.box.bottom)
                 for each in annotations]  # fmt: skip
        assert [each.label for each in annotations] == [row["label"] for row in page.detections]
        for box, row in zip(boxes, page.detections, strict=True):
            assert box == pytest.approx(row["box_px"], abs=0.5)


def angles_of(name: str, path: Path) -> list[Any]:
    """The angles as a reader of the format sees them; None or nothing for what has none."""
    if name == "cvat":
        boxes = ElementTree.parse(path / "annotations.xml").getroot().iter("box")
        return [each.findtext("attribute[@name='angle']") for each in boxes]
    if name == "coco":
        coco = json.loads((path / "annotations.json").read_text())
        return [each["attributes"].get("angle") for each in coco["annotations"]]
    if name == "geojson":
        features = json.loads(path.read_text())["features"]
        return [each["properties"].get("angle") for each in features]
    if name == "json":
        return [each.get("angle") for each in json.loads(path.read_text())["detections"]]
    if name == "parquet":
        return [each["angle"] for each in pq.read_table(path).to_pylist()]
    if name == "xlsx":
        rows = load_workbook(path)["Detections"].iter_rows(min_row=2, values_only=True)
        return [each[14] for each in rows]
    with path.open(newline="") as file:
        return [each["angle"] for each in csv.DictReader(file)]


@pytest.mark.parametrize("name", ["json", "csv", "xlsx", "coco", "cvat", "geojson", "parquet"])
def test_the_angle_of_an_oriented_box_is_carried_and_of_another_is_absent(
    name: str, drawing: Path, options: ExportOptions, tmp_path: Path
) -> None:
    rows = [detection(n, box_pt=(40, 60 + 40 * n, 64, 90 + 40 * n)) for n in range(2)]
    turned = ExportedDocument(
        name="plan", head=head(), detections=(rows[0] | {"angle": 30.5}, rows[1]), drawing=drawing
    )
    first, second = angles_of(name, write(name, turned, tmp_path, options))
    assert (float(first), second or None) == (30.5, None)


def sizes_of(name: str, path: Path) -> list[Any]:
    """Returns width and height in millimetres as a reader of the format sees them."""
    if name == "coco":
        coco = json.loads((path / "annotations.json").read_text())
        return [each["attributes"].get("size_mm") for each in coco["annotations"]]
    if name == "geojson":
        features = json.loads(path.read_text())["features"]
        return [each["properties"].get("size_mm") for each in features]
    if name == "json":
        return [each.get("size_mm") for each in json.loads(path.read_text())["detections"]]
    if name == "xlsx":
        head, *rows = load_workbook(path)["Detections"].iter_rows(values_only=True)
        at = head.index("width mm")
        return [list(each[at : at + 2]) for each in rows]
    if name == "parquet":
        read = pq.read_table(path).to_pylist()
    else:
        read = list(csv.DictReader(path.read_text().splitlines()))
    return [[each["width_mm"], each["height_mm"]] for each in read]


@pytest.mark.parametrize("name", ["json", "csv", "xlsx", "coco", "geojson", "parquet"])
def test_a_size_in_millimetres_is_carried_and_is_absent_where_unknown(
    name: str, drawing: Path, options: ExportOptions, tmp_path: Path
) -> None:
    rows = [detection(n, box_pt=(40, 60 + 40 * n, 64, 90 + 40 * n)) for n in range(2)]
    sized = ExportedDocument(
        name="plan",
        head=head(),
        detections=(rows[0] | {"size_mm": [423.3, 529.2]}, rows[1]),
        drawing=drawing,
    )
    first, second = sizes_of(name, write(name, sized, tmp_path, options))
    assert [float(side) for side in first] == [423.3, 529.2]
    assert second in (None, [None, None], ["", ""])


def sheets_of(name: str, path: Path) -> list[tuple[str | None, str | None]]:
    """Reads drawing number and revision of each detection back."""
    if name == "coco":
        coco = json.loads((path / "annotations.json").read_text())
        read = [each["attributes"] for each in coco["annotations"]]
    elif name == "geojson":
        read = [each["properties"] for each in json.loads(path.read_text())["features"]]
    elif name == "json":
        read = json.loads(path.read_text())["detections"]
    elif name == "xlsx":
        heads, *rows = load_workbook(path)["Detections"].iter_rows(values_only=True)
        names = [str(each).replace(" ", "_") for each in heads]
        read = [dict(zip(names, row, strict=True)) for row in rows]
    elif name == "parquet":
        read = pq.read_table(path).to_pylist()
    else:
        read = list(csv.DictReader(path.read_text().splitlines()))
    return [(each.get("drawing_number") or None, each.get("revision") or None) for each in read]


@pytest.mark.parametrize("name", ["json", "csv", "xlsx", "coco", "geojson", "parquet"])
def test_a_detection_carries_the_number_and_the_revision_of_its_sheet(
    name: str, drawing: Path, options: ExportOptions, tmp_path: Path
) -> None:
    rows = [detection(n, box_pt=(40, 60 + 40 * n, 64, 90 + 40 * n)) for n in range(2)]
    named = rows[0] | {"drawing_number": "E201A", "revision": "B"}
    plan = ExportedDocument(name="plan", head=head(), detections=(named, rows[1]), drawing=drawing)
    written = write(name, plan, tmp_path, options)
    assert sheets_of(name, written) == [("E201A", "B"), (None, None)]


@pytest.mark.parametrize("name", ["csv", "xlsx"])
def test_no_drawing_number_becomes_a_formula(
    name: str, drawing: Path, options: ExportOptions, tmp_path: Path
) -> None:
    row = detection(0, box_pt=(40, 60, 64, 90)) | {"drawing_number": "=1+1", "revision": "@a"}
    plan = ExportedDocument(name="plan", head=head(), detections=(row,), drawing=drawing)
    written = write(name, plan, tmp_path, options)
    if name == "csv":
        assert sheets_of(name, written) == [("'=1+1", "'@a")]
    else:
        kinds = {cell.data_type for cells in load_workbook(written)["Detections"] for cell in cells}
        assert "f" not in kinds


def test_no_text_becomes_a_formula_in_excel(
    hostile: ExportedDocument, options: ExportOptions, tmp_path: Path
) -> None:
    book = load_workbook(write("xlsx", hostile, tmp_path, options))
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "inlineStr", "n"}
    texts = [row[3] for row in book["Detections"].iter_rows(min_row=2, values_only=True)]
    assert texts[0] == HOSTILE[0]


def test_no_text_becomes_a_formula_in_csv(
    hostile: ExportedDocument, options: ExportOptions, tmp_path: Path
) -> None:
    with write("csv", hostile, tmp_path, options).open(newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    live = ("=", "+", "@", "\t", "\r", "\n", "\uff1d")
    assert [cell for cell in cells if cell.startswith(live)] == []


def test_excel_counts_by_label_and_sheet_and_links_to_each_place(
    document: ExportedDocument, options: ExportOptions, tmp_path: Path
) -> None:
    number = {1: {"drawing_number": "E201A"}, 2: {}}
    named = [{**row, **number[row["page"]]} for row in document.detections]
    document = replace(document, detections=tuple(named))
    book = load_workbook(write("xlsx", document, tmp_path, options))
    counts = [list(row) for row in book["Counts"].iter_rows(values_only=True)]
    assert counts == [
        ["drawing", "page", "instrument", "tag", "valve", "together", "drawing number"],
        ["plan", 1, 14, 13, 13, 40, "E201A"],
        ["plan", 2, 14, 13, 13, 40, None],
        ["together", None, 28, 26, 26, 80, None],
    ]
    link = book["Detections"].cell(2, 14).hyperlink
    assert link.target == "http://127.0.0.1/#s=00001#000000" or link.location


def test_each_label_has_a_layer_of_its_own_in_the_pdf(
    document: ExportedDocument, options: ExportOptions, tmp_path: Path
) -> None:
    with pymupdf.open(write("pdf", document, tmp_path, options) / "plan.pdf") as pdf:
        layers = {number: layer["name"] for number, layer in pdf.get_ocgs().items()}
        of_annotation = {
            (each.info["title"], layers[each.get_oc()]) for page in pdf for each in page.annots()
        }
    assert of_annotation == {(name, name) for name in ("instrument", "tag", "valve")}


def test_geojson_is_of_the_schema(
    document: ExportedDocument, options: ExportOptions, tmp_path: Path
) -> None:
    position = {"type": "array", "minItems": 2, "items": {"type": "number"}}
    ring = {"type": "array", "minItems": 4, "items": position}
    schema: dict[str, Any] = {
        "required": ["type", "features"],
        "properties": {
            "type": {"const": "FeatureCollection"},
            "features": {
                "items": {
                    "required": ["type", "geometry", "properties"],
                    "properties": {
                        "type": {"const": "Feature"},
                        "geometry": {
                            "required": ["type", "coordinates"],
                            "properties": {
                                "type": {"const": "Polygon"},
                                "coordinates": {"type": "array", "items": ring},
                            },
                        },
                    },
                }
            },
        },
    }
    value = json.loads(write("geojson", document, tmp_path, options).read_text())
    jsonschema.validate(value, schema)
    (outer,) = value["features"][0]["geometry"]["coordinates"]
    assert outer[0] == outer[-1]


def test_json_is_of_the_schema_of_detections_json(
    document: ExportedDocument, options: ExportOptions, tmp_path: Path
) -> None:
    schema = json.loads((ROOT / "docs/detections.schema.json").read_text())
    jsonschema.validate(json.loads(write("json", document, tmp_path, options).read_text()), schema)


def test_classes_are_numbered_in_one_order_everywhere(
    document: ExportedDocument, options: ExportOptions, tmp_path: Path
) -> None:
    yolo = yaml.safe_load((write("yolo", document, tmp_path, options) / "data.yaml").read_text())
    assert yolo["names"] == {0: "instrument", 1: "tag", 2: "valve"}


def test_no_markup_of_a_drawing_is_in_the_html(
    hostile: ExportedDocument, options: ExportOptions, tmp_path: Path
) -> None:
    path = write("html", hostile, tmp_path, options)
    assert "<script>alert" not in (path / "data.js").read_text()
    assert "<b>" not in (path / "index.html").read_text()


def test_the_html_folder_has_the_tiles_of_every_page(
    document: ExportedDocument, options: ExportOptions, tmp_path: Path
) -> None:
    path = write("html", document, tmp_path, options)
    tiles = sorted(each.name for each in (path / "tiles" / "plan-p1" / "12").iterdir())
    assert tiles == ["0_0.png", "0_1.png", "1_0.png", "1_1.png", "2_0.png", "2_1.png"]


def test_without_the_drawing_a_pdf_cannot_be_written(tmp_path: Path) -> None:
    bare = ExportedDocument(name="plan", head=head(), detections=())
    with pytest.raises(ExportFailed, match="put it beside its results"):
        write("pdf", bare, tmp_path, ExportOptions())


def test_names_of_files_are_safe_and_no_two_alike() -> None:
    assert safe_names(["../../etc/passwd", "a b", "a_b", "A_B", "\u202e", "con.pdf"]) == [
        "etc_passwd",
        "a_b",
        "a_b-2",
        "A_B-3",
        "document",
        "con.pdf",
    ]


def test_label_studio_tasks_are_of_the_documented_form(
    document: ExportedDocument, options: ExportOptions, tmp_path: Path
) -> None:
    """The form of https://labelstud.io/guide/task_format and of its tags' sample results."""
    share: dict[str, Any] = {"type": "number", "minimum": 0, "maximum": 100}
    place = dict.fromkeys(("x", "y", "width", "height"), share) | {"rotation": {"const": 0}}
    names = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 1}
    told = {"rectanglelabels": names, "text": names}
    size = {"type": "integer", "minimum": 1}
    value = {"type": "object", "properties": place | told, "required": list(place),
             "additionalProperties": False}  # fmt: skip
    members: dict[str, Any] = {
        "id": {"type": "string"}, "type": {"enum": ["rectanglelabels", "textarea"]},
        "from_name": {"enum": ["label", "text"]}, "to_name": {"const": "image"},
        "original_width": size, "original_height": size, "image_rotation": {"const": 0},
        "value": value,
    }  # fmt: skip
    result = {"type": "object", "properties": members, "required": list(members),
              "additionalProperties": False}  # fmt: skip
    path = write("label-studio", document, tmp_path, options)
    tasks = json.loads((path / "tasks.json").read_text())
    for task in tasks:
        assert isinstance(task["data"]["image"], str)
        (annotation,) = task["annotations"]
        jsonschema.validate(annotation["result"], {"type": "array", "items": result})
    interface = ElementTree.parse(path / "labeling.xml").getroot()
    tags = {each.get("name"): each.tag for each in interface if each.get("name")}
    assert tags == {"image": "Image", "label": "RectangleLabels", "text": "TextArea"}


def test_cvat_images_are_of_the_documented_form(
    document: ExportedDocument, options: ExportOptions, tmp_path: Path
) -> None:
    """The form of https://docs.cvat.ai/docs/other/xml_format, version 1.1, annotation mode."""
    path = write("cvat", document, tmp_path, options)
    root = ElementTree.parse(path / "annotations.xml").getroot()
    declared = {
        label.findtext("name"): {each.findtext("name") for each in label.iter("attribute")}
        for label in root.iter("label")
    }
    assert [root.findtext("version"), root.find("meta/task/labels/label") is not None] == [
        "1.1", True
    ]  # fmt: skip
    for number, image in enumerate(root.iter("image")):
        assert set(image.keys()) == {"id", "name", "width", "height"}
        assert image.get("id") == str(number)
        for box in image.iter("box"):
            assert set(box.keys()) == {
                "label", "source", "occluded", "z_order", "xtl", "ytl", "xbr", "ybr"
            }  # fmt: skip
            given = {each.get("name") for each in box.iter("attribute")}
            assert given <= declared[box.get("label")]
            assert (
                0
                <= float(box.get("xtl", ""))
                < float(box.get("xbr", ""))
                <= float(image.get("width", ""))
            )
