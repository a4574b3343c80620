"""What AWS does not tell travels in a header: its clients drop members that they do not know."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from tilescout_local.apis.json_protocol import (
    Response,
    alphabet_of,
    json_api,
    reading_members,
    success_response,
)
from tilescout_local.engines.text_reading import ImageReading, UnreadPlace


def test_the_number_of_lines_left_out_is_a_header_and_no_member() -> None:
    body = {"Blocks": []} | reading_members(ImageReading([], left_out=4))

    status, headers, sent = success_response(body)

    assert (status, headers["x-tilescout-lines-left-out"]) == (200, "4")
    assert json.loads(sent) == {"Blocks": []}


def answered(headers: Mapping[str, str]) -> Response:
    """The response of an operation that reads with the alphabet that the request names."""

    def read(body: bytes) -> dict[str, Any]:
        alphabet = alphabet_of(json.loads(body))
        return {"Blocks": []} | reading_members(ImageReading([], alphabet=alphabet))

    handle = json_api({"Read": read})
    return asyncio.run(handle("POST", "/", {"x-amz-target": "Text.Read", **headers}, b"{}", {}))


def test_the_alphabet_that_a_header_names_is_used_and_told() -> None:
    status, headers, sent = answered({"x-tilescout-alphabet": "greek"})
    assert (status, headers["x-tilescout-alphabet"], sent) == (200, "greek", b'{"Blocks": []}')


def test_latin_letters_are_read_where_no_alphabet_is_named() -> None:
    assert answered({})[1]["x-tilescout-alphabet"] == "latin"


def test_an_alphabet_that_is_not_known_is_refused() -> None:
    status, _, sent = answered({"x-tilescout-alphabet": "runes"})
    assert (status, json.loads(sent)["__type"]) == (400, "InvalidParameterException")


def test_places_that_were_not_read_are_a_header_where_there_are_any() -> None:
    place = UnreadPlace(10.4, 20.0, 60.6, 50.0, 30)

    _, headers, sent = success_response(reading_members(ImageReading([], unread=(place,))))

    assert (headers["x-tilescout-unread"], sent) == ("[[10, 20, 61, 50, 30]]", b"{}")
    assert "x-tilescout-unread" not in answered({})[1]
