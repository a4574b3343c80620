"""Zones and regions of a sheet on their way from the page to the results."""

from __future__ import annotations

from typing import Any

import pymupdf

from tests.handlers.account import Account
from tests.handlers.merged import file_of
from tests.handlers.papers import upload_event
from tests.handlers.runs import Run, queued, run_with
from tests.unit.tilescout.sheet_layout.sheets import DrawnSheet
from tilescout import keys, results
from tilescout.aws.tables import page_table
from tilescout.geometry import Box
from tilescout.sheet_layout.layout import SheetLayout
from tilescout.sheet_layout.sheet_reader import read_sheet
from tilescout.sheet_layout.words import SheetWord

WIDTH, HEIGHT = 1191, 842


def sheet() -> bytes:
    """A PDF with border, frame, zones 1 to 4 and A to C, a title block, and a tag in zone B2."""
    with pymupdf.open() as document:
        page = document.new_page(width=WIDTH, height=HEIGHT)
        page.draw_rect(pymupdf.Rect(20, 20, 1171, 822), width=0.3)
        page.draw_rect(pymupdf.Rect(40, 40, 1151, 802), width=0.7)
        for number in range(4):
            page.insert_text((40 + (number + 0.5) * 1111 / 4, 34), str(number + 1), fontsize=9)
        for number, letter in enumerate("ABC"):
            page.insert_text((26, 40 + (number + 0.5) * 762 / 3), letter, fontsize=9)
        page.draw_rect(pymupdf.Rect(851, 702, 1151, 802), width=0.7)
        page.draw_line((851, 752), (1151, 752), width=0.5)
        page.insert_text((856, 712), "TITLE", fontsize=7)
        page.insert_text((876, 735), "PUMP HOUSE", fontsize=10)
        page.insert_text((856, 762), "DRAWING NO.", fontsize=7)
        page.insert_text((876, 785), "P-4711", fontsize=10)
        page.insert_text((500, 400), "FV-1023", fontsize=10)
        return bytes(document.tobytes())


def detected(account: Account, profile: str) -> dict[str, Any]:
    key = f"incoming/{profile}/sheet.pdf"
    version = account.upload(key, sheet())
    account.deliver("accept_document", upload_event(key, version))
    account.deliver("tile_page", *account.received("pages"))
    Run(account, model="pdf-text").go()
    document = keys.document_id("documents-bucket", key, version)
    return file_of(account, f"{document}-000001")


def test_a_detection_tells_its_zone_and_region(account: Account) -> None:
    found = detected(account, "layer")
    told = {each["text"]: (each["zone"], each["region"]) for each in found["detections"]}
    assert told["FV-1023"] == ("B2", "drawing")
    assert told["P-4711"] == ("C4", "title-block")
    assert told["1"] == ("", "outside")
    assert {each["drawing_number"] for each in found["detections"]} == {"P-4711"}
    (page,) = found["document"]["pages"]
    assert page["sheet"]["fields"] == {"number": "P-4711", "title": "PUMP HOUSE"}


def test_what_a_profile_leaves_out_is_counted_and_told(account: Account) -> None:
    found = detected(account, "drawing-only")
    assert [each["text"] for each in found["detections"]] == ["FV-1023"]
    assert found["document"]["warnings"] == [
        "7 detections in the outside of page 1 were left out, as the profile says",
        "4 detections in the title-block of page 1 were left out, as the profile says",
        "page 1 shows no legend that could be left out; look at it",
    ]


def test_scales_that_contradict_each_other_are_told(account: Account) -> None:
    document = queued(account, tiles=1)
    layout = SheetLayout(scale=100, scale_source="scale-bar", scale_note="they differ")
    page_table.set_layout(account.ledger, document, 1, results.layout_text(layout))
    run_with(account, lambda _: (200, textract_of([])))
    found = file_of(account, f"{document}-000001")
    assert "page 1: they differ" in found["document"]["warnings"]


def small_sheet() -> DrawnSheet:
    """Frame, zones 1 to 3 and A to C, and a number, on a page as large as one tile."""
    sheet = DrawnSheet(width=400, height=400)
    inner, border = Box(30, 30, 370, 370), Box(10, 10, 390, 390)
    for box in (inner, border):
        sheet.box(int(box.left), int(box.top), int(box.right), int(box.bottom))
    sheet.zones("123", "ABC", inner, border)
    sheet.box(200, 300, 370, 370)
    sheet.across(332, 200, 370)
    sheet.write("TITLE", 206, 304)
    sheet.write("PUMPS", 220, 318)
    sheet.write("DWG NO.", 206, 334)
    sheet.write("P-4711-02", 220, 350)
    return sheet


def textract_of(words: list[SheetWord]) -> dict[str, Any]:
    """What Textract says of the sheet: a line for each word."""
    blocks: list[dict[str, Any]] = []
    for number, word in enumerate(words):
        box = word.box.scale(1 / 400)
        corners = [(box.left, box.top), (box.right, box.top), (box.right, box.bottom)]
        sides = {"Left": box.left, "Top": box.top, "Width": box.width, "Height": box.height}
        polygon = [{"X": x, "Y": y} for x, y in [*corners, (box.left, box.bottom)]]
        told = {
            "Text": word.text,
            "Confidence": 99.0,
            "Geometry": {"BoundingBox": sides, "Polygon": polygon},
        }
        line = {"Relationships": [{"Type": "CHILD", "Ids": [f"w{number}"]}]}
        blocks.append(told | line | {"BlockType": "LINE", "Id": f"l{number}"})
        blocks.append(told | {"BlockType": "WORD", "Id": f"w{number}"})
    return {"Blocks": blocks, "DetectDocumentTextModelVersion": "1.0"}


def test_a_scan_has_zones_and_fields_by_what_the_detector_reads(account: Account) -> None:
    sheet = small_sheet()
    document = queued(account, tiles=1)
    text = results.layout_text(read_sheet(sheet.grey, ()))
    page_table.set_layout(account.ledger, document, 1, text)
    run_with(account, lambda _: (200, textract_of(sheet.words)))
    found = file_of(account, f"{document}-000001")
    (page,) = found["document"]["pages"]
    assert page["sheet"]["fields"] == {"number": "P-4711-02", "title": "PUMPS"}
    assert [axis["names"] for axis in page["sheet"]["zones"]] == [list("123"), list("ABC")]
    assert "rulings" not in page["sheet"]
    told = {each["text"]: (each["zone"], each["region"]) for each in found["detections"]}
    assert told["P-4711-02"] == ("C2", "title-block")
