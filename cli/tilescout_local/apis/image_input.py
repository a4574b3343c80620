"""The image of a request, as inline bytes or as an object in S3, checked as the services check
it."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image, UnidentifiedImageError

from tilescout_local.errors import ApiError, invalid_parameters

# Bucket, key, version or None; None where there is no such object.
ReadObject = Callable[[str, str, str | None], bytes | None]


@dataclass(frozen=True, slots=True)
class ImageInput:
    """An encoded image with its format and its size in pixels."""

    data: bytes
    format: str
    width: int
    height: int
    from_s3: bool


def image_bytes(member: Mapping[str, Any], read_object: ReadObject) -> tuple[bytes, bool]:
    """Returns the encoded image, and True if it came from S3.

    Raises ApiError InvalidParameterException or InvalidS3ObjectException.
    """
    inline, stored = member.get("Bytes"), member.get("S3Object")
    if (inline is None) == (stored is None):
        raise invalid_parameters()
    if inline is not None:
        return _decoded(str(inline)), False
    assert stored is not None
    data = read_object(stored.get("Bucket", ""), stored.get("Name", ""), stored.get("Version"))
    if data is None:
        raise ApiError(
            "InvalidS3ObjectException",
            "Unable to get object metadata from S3. Check object key, region and/or access "
            "permissions.",
        )
    return data, True


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise invalid_parameters() from error


def opened(data: bytes, from_s3: bool) -> ImageInput | None:
    """Returns the image with format and size from its header, or None if it is no image."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            return ImageInput(data, image.format or "", image.width, image.height, from_s3)
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        return None


def is_complete(image: ImageInput) -> bool:
    """Tells whether all pixels can be decoded."""
    try:
        with Image.open(io.BytesIO(image.data)) as decoded:
            decoded.load()
    except (OSError, SyntaxError, ValueError):
        return False
    return True
