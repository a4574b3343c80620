"""What AWS does not tell travels in a header: its clients drop members that they do not know."""

from __future__ import annotations

import json

from tilescout_local.apis.json_protocol import left_out_member, success_response
from tilescout_local.engines.text_reading import ImageReading


def test_the_number_of_lines_left_out_is_a_header_and_no_member() -> None:
    body = {"Blocks": []} | left_out_member(ImageReading([], left_out=4))

    status, headers, sent = success_response(body)

    assert (status, headers["x-tilescout-lines-left-out"]) == (200, "4")
    assert json.loads(sent) == {"Blocks": []}
