"""Textract as unmodified boto3 sees it, over the real OCR."""

from __future__ import annotations

import io
from typing import Any

import matplotlib
import pytest
from PIL import Image, ImageDraw, ImageFont

from tests.local.contract import Client, picture, turned
from tilescout.aws.detectors.services import detector_on, name_alphabet
from tilescout.detections import Answer
from tilescout.detector_kinds import AlphabetName
from tilescout.geometry import Box
from tilescout.tiling.grid import Tile
from tilescout_local.engines.alphabet import ALPHABETS


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


def answered(client: Client, alphabet: AlphabetName, image: bytes) -> Answer:
    """Returns what the detector of a profile with this alphabet answers for a tile."""
    textract = client("textract")
    name_alphabet(textract, alphabet)
    detector = detector_on(textract, "textract", alphabet=alphabet)
    return detector.detect(image, Tile(0, Box(0, 0, 700, 300)))


def greek_and_rings() -> bytes:
    """A picture of Latin, Greek and Cyrillic letters, signs, rings and mere strokes."""
    image = Image.new("RGB", (700, 300), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf", 28)
    for row, text in enumerate(("ΦΙΛΤΡΟ ΔΞΨ 12", "PUMP Ø25 ±0.5°", "ЖЩЯЮЭ 7")):
        draw.text((30, 30 + 60 * row), text, fill="black", font=font)
    for left in range(30, 600, 60):
        draw.ellipse((left, 220, left + 26, 246), outline="black", width=3)
        draw.line((left + 40, 233, left + 56, 233), fill="black", width=3)
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


@pytest.mark.parametrize("alphabet", ["latin", "greek", "chinese", "japanese"])
def test_no_character_outside_of_the_alphabet_of_a_profile_is_read(
    client: Client, alphabet: AlphabetName
) -> None:
    answer = answered(client, alphabet, greek_and_rings())

    told = {letter for word in answer.words for letter in word.text}
    assert told <= set(ALPHABETS[alphabet])
    assert {"PUMP", "12"} <= {word.text for word in answer.words}
    assert answer.warnings == ()


def test_an_alphabet_is_chosen_by_its_name(client: Client) -> None:
    latin, greek = (
        "".join(word.text for word in answered(client, name, greek_and_rings()).words)
        for name in ("latin", "greek")
    )

    assert set("ΔΨ") <= set(greek)
    assert not set("ΔΞΨΛ") & set(latin)


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
