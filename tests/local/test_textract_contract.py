"""Textract as unmodified boto3 sees it, over the real OCR."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import ImageFont

from tests.local.contract import Client, picture, turned


def test_textract_reads_a_tag_and_joins_page_line_and_word(client: Client) -> None:
    answer = client("textract").detect_document_text(Document={"Bytes": picture("VALVE FV-1023")})
    page, line, first, second = answer["Blocks"]
    assert [page["BlockType"], line["BlockType"]] == ["PAGE", "LINE"]
    assert [line["Text"], first["Text"], second["Text"]] == ["VALVE FV-1023", "VALVE", "FV-1023"]
    assert page["Relationships"] == [{"Type": "CHILD", "Ids": [line["Id"]]}]
    assert line["Relationships"] == [{"Type": "CHILD", "Ids": [first["Id"], second["Id"]]}]
    assert answer["DocumentMetadata"] == {"Pages": 1}


def test_textract_places_a_word_where_it_is_drawn(client: Client) -> None:
    answer = client("textract").detect_document_text(Document={"Bytes": picture("VALVE FV-1023")})
    word = answer["Blocks"][-1]
    font = ImageFont.load_default(28)
    left = (40 + font.getlength("VALVE ")) / 460
    right = (40 + font.getlength("VALVE FV-1023")) / 460
    box = word["Geometry"]["BoundingBox"]
    assert box["Left"] == pytest.approx(left, abs=0.02)
    assert box["Left"] + box["Width"] == pytest.approx(right, abs=0.02)
    assert 90 < word["Confidence"] <= 100


@pytest.mark.parametrize(("degrees", "angle"), [(90, 270), (270, 90)])
def test_the_polygon_starts_where_the_turned_text_starts(
    client: Client, degrees: int, angle: int
) -> None:
    answer = client("textract").detect_document_text(
        Document={"Bytes": turned("PUMP P-1077A", degrees)}
    )
    line = next(block for block in answer["Blocks"] if block["BlockType"] == "LINE")
    start, end = line["Geometry"]["Polygon"][:2]
    assert line["Text"] == "PUMP P-1077A"
    assert line["Geometry"]["RotationAngle"] == angle
    assert (start["Y"] > end["Y"]) == (angle == 270)


def test_textract_reads_an_object_in_s3(client: Client, probes: dict[str, str]) -> None:
    client("s3").put_object(Bucket=probes["Documents"], Key="tile.png", Body=picture("TANK T-5"))
    place = {"Bucket": probes["Documents"], "Name": "tile.png"}
    answer = client("textract").detect_document_text(Document={"S3Object": place})
    assert answer["Blocks"][1]["Text"] == "TANK T-5"


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ({"Bytes": b"no picture"}, "UnsupportedDocumentException"),
        ({"Bytes": picture("A", kind="GIF")}, "UnsupportedDocumentException"),
        ({"Bytes": picture("A", width=10_001, height=20)}, "UnsupportedDocumentException"),
        ({"Bytes": b"\x89PNG" + bytes(10 * 1024 * 1024)}, "DocumentTooLargeException"),
        ({"Bytes": picture("A", kind="JPEG")[:1500]}, "BadDocumentException"),
        ({"S3Object": {"Bucket": "none", "Name": "none"}}, "InvalidS3ObjectException"),
        ({}, "InvalidParameterException"),
    ],
)
def test_textract_refuses_as_aws_does(client: Client, document: Any, error: str) -> None:
    textract = client("textract")
    with pytest.raises(getattr(textract.exceptions, error)):
        textract.detect_document_text(Document=document)
