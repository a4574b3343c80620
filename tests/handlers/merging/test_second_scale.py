"""A page looked at in its tiles, and once more, coarser, for what is larger than they are."""

from __future__ import annotations

import io
import json
from base64 import b64decode
from typing import Any

import pytest
from PIL import Image

from tests.handlers.account import Account
from tests.handlers.between import detector
from tests.handlers.papers import drawing_of, upload_event
from tests.handlers.runs import Run, coarsen, one_word, queued, run_with, tile
from tests.handlers.tiles.test_detect_tile import words
from tilescout import keys
from tilescout.aws.items import from_item
from tilescout.aws.tables import page_table
from tilescout.detectors.responses import answer_from_json
from tilescout.documents import Document
from tilescout.ledger import TileRow

KEY = "incoming/twice/sheet.pdf"
LARGE = {"Left": 0.05, "Top": 0.1, "Width": 0.7, "Height": 0.3}
"""Of the page of 500 x 300 px in a tile of 400: letters 150 px high, three times the overlap."""


def tiled(account: Account, key: str = KEY, pdf: bytes | None = None) -> str:
    """The id of an uploaded drawing whose page is tiled."""
    version = account.upload(key, pdf or drawing_of("A"))
    account.deliver("accept_document", upload_event(key, version))
    account.deliver("tile_page", *account.received("pages"))
    return keys.document_id("documents-bucket", key, version)


def grid_of(account: Account, document: str) -> str:
    page = page_table.read_page(account.ledger, document, 1)
    assert page is not None
    return page.grid


def reply_with(*boxes: dict[str, float] | None) -> Any:
    """Textract's word on the tiles, in the order of their indices; None for nothing."""
    replies = iter(boxes)

    def reply(_: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        box = next(replies)
        if box is None:
            return 200, {"Blocks": []}
        said = one_word()
        left, top = box["Left"], box["Top"]
        right, bottom = left + box["Width"], top + box["Height"]
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        for block in said["Blocks"]:
            block["Geometry"] = {
                "BoundingBox": box,
                "Polygon": [{"X": across, "Y": down} for across, down in corners],
            }
        return 200, said

    return reply


def found(account: Account) -> list[tuple[str, list[int], list[int]]]:
    """Text, box in px and tiles of each detection."""
    rows = account.detections.scan()["Items"]
    return [
        (row["text"], [int(side) for side in row["box_px"]], [int(each) for each in row["tiles"]])
        for row in rows
    ]


def test_the_coarse_tile_is_planned_priced_and_stored_after_the_fine_ones(account: Account) -> None:
    document = tiled(account)
    row = account.document(document)
    coarse = from_item(TileRow, tile(account, document, 2))

    assert (row["status"], row["tiles_planned"], row["tiles_skipped"]) == ("QUEUED", 3, 0)
    assert (coarse.box, coarse.scale) == ((0, 0, 500, 500), 1.25)
    assert coarse.image in account.objects("tiles-bucket")
    plain = account.document(tiled(account, "incoming/text/sheet.pdf"))
    assert float(row["estimated_usd_high"]) > float(plain["estimated_usd_high"])


def test_the_second_scale_is_in_the_name_of_the_grid(account: Account) -> None:
    pdf = drawing_of("A")
    once, twice = (tiled(account, f"incoming/{name}/a.pdf", pdf) for name in ("text", "twice"))

    assert grid_of(account, once) != grid_of(account, twice)


def test_what_the_coarse_tile_shows_is_kept_in_page_pixels(account: Account) -> None:
    document = tiled(account)
    run = Run(account).open()
    with detector(reply_with(LARGE)):
        account.deliver("detect_tile", run.hint(document, tile=2))

    key = tile(account, document, 2)["answer"]
    body = account.s3.get_object(Bucket="tiles-bucket", Key=key)["Body"].read()
    answer = json.loads(body)
    assert answer["words"][0]["box"] == {"left": 25, "top": 50, "right": 375, "bottom": 200}
    assert answer["scale"] == 1.25


def test_a_crowded_coarse_tile_is_asked_in_quarters_of_its_image(account: Account) -> None:
    document = queued(account, key="incoming/words/sheet.pdf")
    coarsen(account, document, 1, 2.5)
    run = Run(account, model="rekognition-text").open()
    replies = iter([words(100), *[words(5)] * 4])
    with detector(lambda _: (200, next(replies))) as asked:
        account.deliver("detect_tile", run.hint(document, tile=1))

    images = [Image.open(io.BytesIO(b64decode(each["Image"]["Bytes"]))) for each in asked]
    assert [image.size for image in images] == [(400, 400), *[(232, 232)] * 4]
    assert tile(account, document, 1)["state"] == "answered"


def test_text_larger_than_the_tiles_is_found_at_the_second_scale(account: Account) -> None:
    document = tiled(account)
    run_with(account, reply_with(None, None, LARGE))

    assert account.document(document)["status"] == "DONE"
    assert found(account) == [("VALVE", [25, 50, 375, 200], [2])]


def test_text_that_every_tile_holds_is_left_to_the_tiles(account: Account) -> None:
    tiled(account)
    small = {"Left": 0.05, "Top": 0.1, "Width": 0.3, "Height": 0.1}
    run_with(account, reply_with(small, None, LARGE | {"Height": 0.08}))

    # 0.08 of 500 px is less than the overlap of 50 px.
    assert found(account) == [("VALVE", [20, 40, 140, 80], [0])]


def test_a_row_from_before_there_was_a_second_scale_is_of_the_pages_own() -> None:
    row = {"page": 1, "tile": 0, "box": [0, 0, 400, 400], "image": "i"}

    assert from_item(TileRow, row).scale == 1


def test_an_answer_from_before_there_was_a_second_scale_is_of_the_pages_own() -> None:
    box = '{"left": 0, "top": 0, "right": 400, "bottom": 400}'

    assert answer_from_json(f'{{"tile": 0, "tile_box": {box}}}').scale == 1


@pytest.mark.parametrize("second_scale", [0, 0.25, "page"])
def test_a_documents_record_keeps_the_second_scale_of_its_profile(
    account: Account, second_scale: float | str
) -> None:
    item = account.document(tiled(account))
    profile = item["profile"] | {"second_scale": second_scale}

    assert from_item(Document, item | {"profile": profile}).profile.second_scale == second_scale


def test_a_record_from_before_there_was_a_second_scale_has_none(account: Account) -> None:
    item = account.document(tiled(account))
    profile = {name: value for name, value in item["profile"].items() if name != "second_scale"}

    assert from_item(Document, item | {"profile": profile}).profile.second_scale == 0
