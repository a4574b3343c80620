"""Rekognition's DetectText as unmodified boto3 sees it."""

from __future__ import annotations

import pytest

from tests.local.contract import Client, picture


def test_detect_text_gives_lines_and_words_with_their_parents(client: Client) -> None:
    answer = client("rekognition").detect_text(Image={"Bytes": picture("VALVE FV-1023")})
    found = [(d["Type"], d["DetectedText"], d["Id"], d.get("ParentId")) for d in
             answer["TextDetections"]]  # fmt: skip
    assert found == [
        ("LINE", "VALVE FV-1023", 0, None),
        ("WORD", "VALVE", 1, 0),
        ("WORD", "FV-1023", 2, 0),
    ]


def test_detect_text_gives_at_most_a_hundred_words(client: Client) -> None:
    rows = [" ".join(f"A{10 * row + column}" for column in range(8)) for row in range(15)]
    image = picture(*rows, width=700, height=900)
    answer = client("rekognition").detect_text(Image={"Bytes": image})
    assert sum(d["Type"] == "WORD" for d in answer["TextDetections"]) == 100


@pytest.mark.parametrize(
    ("image", "error"),
    [
        (b"no picture", "InvalidImageFormatException"),
        (picture("A", kind="GIF"), "InvalidImageFormatException"),
        (b"\x89PNG" + bytes(5 * 1024 * 1024), "ImageTooLargeException"),
        (picture("A", width=79, height=200), "InvalidParameterException"),
    ],
)
def test_detect_text_refuses_as_aws_does(client: Client, image: bytes, error: str) -> None:
    rekognition = client("rekognition")
    with pytest.raises(getattr(rekognition.exceptions, error)):
        rekognition.detect_text(Image={"Bytes": image})
