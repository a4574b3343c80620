"""Reads members of a request and checks them as the service's own model does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tilescout_local.apis.image_input import ReadObject
from tilescout_local.errors import ApiError, invalid_parameters

MAX_TAGS = 200


def arn_member(request: Mapping[str, Any], name: str, form: re.Pattern[str]) -> str:
    """Returns a required ARN. Raises ApiError InvalidParameterException."""
    arn = request.get(name)
    if not isinstance(arn, str) or form.fullmatch(arn) is None:
        raise invalid_parameters()
    return arn


def whole_member(request: Mapping[str, Any], name: str, *, minimum: int) -> int | None:
    """Returns a whole number, or None if it is not given. Raises ApiError
    InvalidParameterException."""
    value = request.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
        raise invalid_parameters()
    return value


def number_member(
    request: Mapping[str, Any], name: str, minimum: float, maximum: float
) -> float | None:
    """Returns a number, or None if it is not given. Raises ApiError InvalidParameterException."""
    value = request.get(name)
    if value is None:
        return None
    if (
        not isinstance(value, int | float)
        or isinstance(value, bool)
        or not minimum <= value <= maximum
    ):
        raise invalid_parameters()
    return float(value)


def names_member(request: Mapping[str, Any], name: str, *, maximum: int) -> list[str] | None:
    """Returns a list of names, or None if it is not given.

    Raises ApiError InvalidParameterException.
    """
    names = request.get(name)
    if names is None:
        return None
    if not isinstance(names, list) or not 1 <= len(names) <= maximum:
        raise invalid_parameters()
    return [str(name) for name in names]


def tags_member(request: Mapping[str, Any]) -> dict[str, str]:
    """Returns the tags, none if they are not given. Raises ApiError InvalidParameterException."""
    tags = request.get("Tags", {})
    if not isinstance(tags, dict) or len(tags) > MAX_TAGS:
        raise invalid_parameters()
    return {str(name): str(value) for name, value in tags.items()}


def object_member(member: Mapping[str, Any], read_object: ReadObject) -> bytes:
    """Returns the object that the member S3Object names.

    Raises ApiError InvalidParameterException or InvalidS3ObjectException.
    """
    place = member.get("S3Object")
    if not isinstance(place, dict) or not place.get("Bucket") or not place.get("Name"):
        raise invalid_parameters()
    data = read_object(place["Bucket"], place["Name"], place.get("Version"))
    if data is None:
        raise ApiError(
            "InvalidS3ObjectException",
            f"Unable to get s3://{place['Bucket']}/{place['Name']}. Check object key, region "
            "and/or access permissions.",
        )
    return data
