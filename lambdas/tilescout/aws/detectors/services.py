"""Textract and Rekognition behind the detector port."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError, ReadTimeoutError

from tilescout.aws import clients
from tilescout.detections import Answer
from tilescout.detector_kinds import DEFAULT_ALPHABET, KINDS, AlphabetName, DetectorName
from tilescout.detectors.port import Detector
from tilescout.detectors.responses import (
    ALPHABET_HEADER,
    from_custom_labels,
    from_detect_text,
    from_textract,
    is_truncated,
    lines_left_out,
    unread_lettering,
    unused_alphabet,
)
from tilescout.errors import (
    AnswerLost,
    DetectorBroken,
    DetectorError,
    DetectorUnavailable,
    TileRefused,
)
from tilescout.tiling.grid import Tile, split_tile

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_textract import TextractClient

REFUSALS = frozenset(
    {
        "BadDocumentException",
        "DocumentTooLargeException",
        "ImageTooLargeException",
        "InvalidImageFormatException",
        "InvalidParameterException",
        "UnsupportedDocumentException",
    }
)
"""Errors that are the tile's own fault. Every other one says nothing about the tile."""
BROKEN = frozenset({"InternalServerError", "InternalServerException", "InternalFailure"})
MAX_OBJECTS = 1000
"""The objects per tile that are requested; more are cut off, the least confident first."""
QUARTER_PAUSES = (1.0, 2.0, 4.0)
"""Seconds before a quarter is sent again: what the tile cost so far would be lost with it."""


def _error_of(error: ClientError, billed: int) -> DetectorError:
    code = error.response["Error"]["Code"]
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    message = f"{code}: {error.response['Error'].get('Message', '')}"
    if code in REFUSALS and not _names_model(code, message):
        return TileRefused(message, billed=billed)
    if code in BROKEN or status in (500, 502):
        return DetectorBroken(message, billed=billed)
    return DetectorUnavailable(message, billed=billed)


def _names_model(code: str, message: str) -> bool:
    """True for a parameter that is at fault with every tile: it says nothing about this one."""
    words = message.lower().replace(" ", "")
    return code == "InvalidParameterException" and "projectversion" in words


def _call(call: Callable[[], Any], billed: int = 0) -> Any:
    """Returns the response of one call, or raises the error of this project that it stands for.

    ``billed`` calls were made for the same tile before.
    """
    try:
        return call()
    except ClientError as error:
        raise _error_of(error, billed) from error
    except (ReadTimeoutError, ConnectionClosedError) as error:
        raise AnswerLost(f"{type(error).__name__}: {error}; the reservation runs out") from error
    except BotoCoreError as error:
        raise DetectorUnavailable(f"{type(error).__name__}: {error}", billed=billed) from error


@dataclass(frozen=True, slots=True)
class TextractDetector:
    """Calls DetectDocumentText once per tile."""

    client: TextractClient
    alphabet: AlphabetName = DEFAULT_ALPHABET

    def detect(self, image: bytes, tile: Tile) -> Answer:
        """Makes one billed call. Raises TileRefused, DetectorUnavailable and AnswerLost."""
        response = _call(lambda: self.client.detect_document_text(Document={"Bytes": image}))
        words = from_textract(response, tile)
        return Answer(
            tile=tile.index,
            tile_box=tile.box,
            words=words,
            warnings=unused_alphabet(response, self.alphabet),
            scale=tile.scale,
            left_out=lines_left_out(response),
            withheld=unread_lettering(response, tile),
        )


@dataclass(frozen=True, slots=True)
class RekognitionTextDetector:
    """Calls DetectText. A hundred words are a truncated answer: that tile is sent in quarters."""

    client: RekognitionClient
    quarter_overlap: int = 64
    alphabet: AlphabetName = DEFAULT_ALPHABET

    def detect(self, image: bytes, tile: Tile) -> Answer:
        """Makes one billed call or five. Raises TileRefused, DetectorUnavailable, AnswerLost."""
        return self.look(image, tile) or self.detect_parts(image, tile, 1)

    def look(self, image: bytes, tile: Tile) -> Answer | None:
        """Makes one billed call; returns None for a truncated answer."""
        answer, truncated = self._send_once(image, tile)
        return None if truncated else answer

    def detect_parts(self, image: bytes, tile: Tile, billed: int) -> Answer:
        """Makes four billed calls, one per quarter, after ``billed`` earlier ones."""
        quarters = split_tile(tile, self.quarter_overlap)
        answers = [
            self._send_quarter(_cut(image, tile, part), part, before)
            for before, part in enumerate(quarters, start=billed)
        ]
        # Loading it takes longer than a call, and few tiles are sent in quarters.
        from tilescout.merging.text.lines import stitch_tile

        stitched = stitch_tile(tile, [_marked(part, cut_short) for part, cut_short in answers])
        return replace(stitched, calls=billed + len(quarters))

    def _send_quarter(self, image: bytes, part: Tile, billed: int) -> tuple[Answer, bool]:
        for pause in QUARTER_PAUSES:
            try:
                return self._send_once(image, part, billed)
            except DetectorUnavailable:
                time.sleep(pause)
        return self._send_once(image, part, billed)

    def _send_once(self, image: bytes, tile: Tile, billed: int = 0) -> tuple[Answer, bool]:
        response = _call(lambda: self.client.detect_text(Image={"Bytes": image}), billed)
        words = from_detect_text(response, tile)
        answer = Answer(
            tile=tile.index,
            tile_box=tile.box,
            words=words,
            warnings=unused_alphabet(response, self.alphabet),
            scale=tile.scale,
            left_out=lines_left_out(response),
            withheld=unread_lettering(response, tile),
        )
        return answer, is_truncated(response)


def _marked(answer: Answer, truncated: bool) -> Answer:
    if not truncated:
        return answer
    warning = (
        f"tile {answer.tile} holds over 100 words in a quarter and was truncated; "
        "use a smaller tile_size"
    )
    return replace(answer, warnings=(*answer.warnings, warning))


def _cut(image: bytes, tile: Tile, part: Tile) -> bytes:
    box = part.box.shift(-tile.box.left, -tile.box.top).scale(1 / tile.scale)
    from PIL import Image

    encoded = io.BytesIO()
    with Image.open(io.BytesIO(image)) as picture:
        picture.crop(box.rounded()).save(encoded, "JPEG", quality=90)
    return encoded.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomLabelsDetector:
    """Calls DetectCustomLabels once per tile: the model's time is paid, the call is not.

    ``model_version`` is its ARN. ``min_confidence`` (0-100) None leaves each label the threshold
    that training found for it.
    """

    client: RekognitionClient
    model_version: str
    min_confidence: float | None = None

    def detect(self, image: bytes, tile: Tile) -> Answer:
        """Raises TileRefused, AnswerLost, and DetectorUnavailable while the model is not up."""
        response = _call(lambda: self.client.detect_custom_labels(**self._request(image)))
        found = len(response.get("CustomLabels", ()))
        return Answer(
            tile=tile.index,
            tile_box=tile.box,
            objects=from_custom_labels(response, tile),
            warnings=_cut_off(tile.index) if found >= MAX_OBJECTS else (),
            model_version=self.model_version,
            scale=tile.scale,
        )

    def _request(self, image: bytes) -> dict[str, Any]:
        request = {
            "ProjectVersionArn": self.model_version,
            "Image": {"Bytes": image},
            "MaxResults": MAX_OBJECTS,
        }
        if self.min_confidence is None:
            return request
        return request | {"MinConfidence": self.min_confidence}


def _cut_off(tile: int) -> tuple[str, ...]:
    return (
        f"tile {tile} holds {MAX_OBJECTS} objects or more, and the least confident were cut off; "
        "use a smaller tile_size or a higher min_confidence",
    )


@cache
def _client(service: str, alphabet: AlphabetName) -> Any:
    client = clients.detector(service)
    name_alphabet(client, alphabet)
    return client


def name_alphabet(client: Any, alphabet: AlphabetName) -> None:
    """Lets the client name the alphabet in each request, in a header that only the local reader
    knows; the default needs no name."""
    if alphabet != DEFAULT_ALPHABET:
        client.meta.events.register("before-call", partial(_add_header, alphabet))


def _add_header(alphabet: AlphabetName, params: dict[str, Any], **_: object) -> None:
    params["headers"][ALPHABET_HEADER] = alphabet


def open_detector(
    name: DetectorName,
    model_version: str = "",
    min_confidence: float | None = None,
    alphabet: AlphabetName = DEFAULT_ALPHABET,
) -> Detector:
    """Returns the detector of a profile, with the client that this process keeps for its service.

    ``model_version`` is the ARN of a model's version, ``min_confidence`` (0-100) the least
    that is wanted. Raises KeyError for a detector that is not an AWS service.
    """
    client = _client(KINDS[name].service, alphabet)
    return detector_on(client, name, model_version, min_confidence, alphabet)


def detector_on(
    client: Any,
    name: DetectorName,
    model_version: str = "",
    min_confidence: float | None = None,
    alphabet: AlphabetName = DEFAULT_ALPHABET,
) -> Detector:
    """Returns the detector that sends tiles through ``client``, which names the ``alphabet``; see
    ``open_detector`` and ``name_alphabet``."""
    makers: dict[DetectorName, Callable[[], Detector]] = {
        "textract": lambda: TextractDetector(client, alphabet),
        "rekognition-text": lambda: RekognitionTextDetector(client, alphabet=alphabet),
        "custom-labels": lambda: CustomLabelsDetector(
            client=client, model_version=model_version, min_confidence=min_confidence
        ),
    }
    return makers[name]()
