"""The alphabet of a profile goes out in a header, and a service that does not use it is told."""

from __future__ import annotations

import io
import json
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from tilescout.aws.detectors.services import detector_on, name_alphabet
from tilescout.detector_kinds import AlphabetName, DetectorName
from tilescout.geometry import Box
from tilescout.tiling.grid import Tile

TILE = Tile(index=0, box=Box(0, 0, 100, 100))
UNUSED = (
    "the alphabet greek was not used: the service that read the text has no such setting, and may "
    "not know its characters"
)


class Body(io.BytesIO):
    def stream(self, **_: Any) -> list[bytes]:
        return [self.read()]


def warnings(
    name: DetectorName, alphabet: AlphabetName, headers: dict[str, str], sent: list[str]
) -> tuple[str, ...]:
    """Returns the warnings of a service that answers with ``headers``; the alphabet that each
    request names goes to ``sent``."""
    make: Any = boto3.client
    client = make(
        "textract" if name == "textract" else "rekognition",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )

    def send(request: Any, **_: Any) -> AWSResponse:
        named = request.headers.get("x-tilescout-alphabet", b"")
        sent.append(named.decode() if isinstance(named, bytes) else named)
        answer = json.dumps({"Blocks": [], "TextDetections": []}).encode()
        return AWSResponse(request.url, 200, headers, Body(answer))

    client.meta.events.register("before-send", send)
    name_alphabet(client, alphabet)
    return detector_on(client, name, alphabet=alphabet).detect(b"image", TILE).warnings


@pytest.mark.parametrize("name", ["textract", "rekognition-text"])
def test_the_alphabet_is_named_in_the_request_and_no_warning_follows_where_it_was_used(
    name: DetectorName,
) -> None:
    sent: list[str] = []
    told = warnings(name, "greek", {"x-tilescout-alphabet": "greek"}, sent)
    assert (sent, told) == (["greek"], ())


@pytest.mark.parametrize("name", ["textract", "rekognition-text"])
def test_a_service_that_does_not_know_alphabets_is_a_warning(name: DetectorName) -> None:
    assert warnings(name, "greek", {}, []) == (UNUSED,)


def test_the_default_alphabet_is_neither_named_nor_missed() -> None:
    sent: list[str] = []
    assert warnings("textract", "latin", {}, sent) == ()
    assert sent == [""]
