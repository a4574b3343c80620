"""Responses of the services become words and objects in page pixels."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tilescout.detections import Answer, ObjectSeen, WithheldSeen, Word
from tilescout.detectors.responses import (
    answer_from_json,
    answer_to_json,
    from_custom_labels,
    from_detect_text,
    from_textract,
    is_truncated,
    lines_left_out,
    unread_lettering,
)
from tilescout.geometry import Box
from tilescout.tiling.grid import Tile

TILE = Tile(7, Box(1000, 2000, 2000, 3000))


def geometry(left, top, width, height, polygon=None, **more):
    box = {"Left": left, "Top": top, "Width": width, "Height": height}
    corners = [{"X": x, "Y": y} for x, y in polygon or ()]
    return {"BoundingBox": box, **({"Polygon": corners} if corners else {}), **more}


def textract(*words, line_geometry=None):
    ids = [word["Id"] for word in words]
    return {
        "Blocks": [
            {"BlockType": "PAGE", "Id": "p", "Relationships": [{"Type": "CHILD", "Ids": ["l"]}]},
            {
                "BlockType": "LINE",
                "Id": "l",
                "Geometry": line_geometry or {},
                "Relationships": [{"Type": "CHILD", "Ids": ids}],
            },
            *words,
        ]
    }


def block(text, **place):
    return {"BlockType": "WORD", "Id": text, "Text": text, "Confidence": 99.5, **place}


def test_textract_ratios_of_the_tile_become_page_pixels():
    response = textract(block("FV-1023", Geometry=geometry(0.1, 0.2, 0.3, 0.05)))

    assert from_textract(response, TILE) == (
        Word(text="FV-1023", confidence=99.5, box=Box(1100, 2200, 1400, 2250), line=0),
    )


@pytest.mark.parametrize(
    ("polygon", "direction"),
    [
        ([(0.1, 0.1), (0.4, 0.1), (0.4, 0.2), (0.1, 0.2)], "right"),
        ([(0.2, 0.1), (0.2, 0.4), (0.1, 0.4), (0.1, 0.1)], "down"),
        ([(0.4, 0.2), (0.1, 0.2), (0.1, 0.1), (0.4, 0.1)], "left"),
        ([(0.1, 0.4), (0.1, 0.1), (0.2, 0.1), (0.2, 0.4)], "up"),
    ],
)
def test_a_word_runs_along_the_first_edge_of_its_polygon(polygon, direction):
    response = textract(block("A", Geometry=geometry(0.1, 0.1, 0.3, 0.3, polygon)))

    assert from_textract(response, TILE)[0].direction == direction


def test_the_polygon_of_the_line_goes_before_that_of_a_short_word():
    upwards = geometry(0.1, 0.1, 0.1, 0.3, [(0.1, 0.4), (0.1, 0.1), (0.2, 0.1), (0.2, 0.4)])
    square = geometry(0.1, 0.1, 0.1, 0.1, [(0.1, 0.1), (0.2, 0.1), (0.2, 0.2), (0.1, 0.2)])
    response = textract(block("I", Geometry=square), line_geometry=upwards)

    assert from_textract(response, TILE)[0].direction == "up"


def test_without_a_polygon_the_rotation_angle_tells_the_direction():
    response = textract(block("A", Geometry=geometry(0.1, 0.1, 0.1, 0.3, RotationAngle=90.0)))

    assert from_textract(response, TILE)[0].direction == "down"


def test_textract_ratios_outside_the_tile_are_clamped():
    response = textract(block("EDGE", Geometry=geometry(-0.1, 0.9, 0.3, 0.2)))

    assert from_textract(response, TILE)[0].box == Box(1000, 2900, 1200, 3000)


def test_words_without_geometry_text_or_area_are_dropped():
    response = textract(
        block("nowhere"),
        block(" ", Geometry=geometry(0.1, 0.1, 0.1, 0.1)),
        block("flat", Geometry=geometry(0.1, 0.1, 0.1, 0.0)),
        block("outside", Geometry=geometry(1.2, 0.1, 0.1, 0.1)),
    )

    assert from_textract(response, TILE) == ()


def test_detect_text_words_know_their_line():
    place = geometry(0.5, 0.5, 0.1, 0.02)
    response = {
        "TextDetections": [
            {"Type": "LINE", "Id": 3, "DetectedText": "HS 33", "Geometry": place},
            {
                "Type": "WORD",
                "Id": 4,
                "ParentId": 3,
                "DetectedText": "HS",
                "Confidence": 90.0,
                "Geometry": place,
            },
            {
                "Type": "WORD",
                "Id": 5,
                "ParentId": 3,
                "DetectedText": "33",
                "Confidence": 80.0,
                "Geometry": geometry(0.6, 0.5, 0.1, 0.02),
            },
        ]
    }

    assert from_detect_text(response, TILE) == (
        Word(text="HS", confidence=90.0, box=Box(1500, 2500, 1600, 2520), line=3),
        Word(text="33", confidence=80.0, box=Box(1600, 2500, 1700, 2520), line=3),
    )


def test_detect_text_words_without_a_line_are_lines_of_their_own():
    response = {
        "TextDetections": [
            {"Type": "WORD", "Id": n, "DetectedText": "A", "Geometry": geometry(0, 0, 0.1, 0.1)}
            for n in (0, 1)
        ]
    }

    assert len({word.line for word in from_detect_text(response, TILE)}) == 2


@pytest.mark.parametrize(("words", "truncated"), [(99, False), (100, True), (101, True)])
def test_a_hundred_words_mean_that_there_may_be_more(words, truncated):
    found = [{"Type": "LINE", "Id": 0}] + [{"Type": "WORD", "Id": 1}] * words

    assert is_truncated({"TextDetections": found}) is truncated


def custom_label(name="valve", confidence=87.5, box=(0.1, 0.2, 0.3, 0.05)):
    return {"Name": name, "Confidence": confidence, "Geometry": geometry(*box)}


def test_ratios_of_a_custom_label_become_page_pixels():
    found = from_custom_labels({"CustomLabels": [custom_label()]}, TILE)

    assert found == (ObjectSeen(label="valve", confidence=87.5, box=Box(1100, 2200, 1400, 2250)),)


def test_a_custom_label_that_reaches_out_of_the_tile_ends_at_its_edge():
    response = {"CustomLabels": [custom_label(box=(-0.1, 0.9, 0.3, 0.4))]}

    assert from_custom_labels(response, TILE)[0].box == Box(1000, 2900, 1200, 3000)


@pytest.mark.parametrize(
    "dropped",
    [
        {"Name": "drawing", "Confidence": 99.0},
        {"Name": "drawing", "Confidence": 99.0, "Geometry": None},
        {"Name": "drawing", "Confidence": 99.0, "Geometry": {"BoundingBox": None}},
        custom_label(box=(0.1, None, 0.3, 0.05)),
        custom_label(box=(0.1, 0.2, float("nan"), 0.05)),
        custom_label(box=(0.1, 0.2, 0.3, float("inf"))),
        custom_label(box=(0.1, 0.2, 0.0, 0.05)),
        custom_label(box=(1.2, 0.2, 0.3, 0.05)),
        custom_label(confidence=None),
        custom_label(confidence=float("nan")),
        custom_label(name=None),
    ],
)
def test_a_custom_label_without_a_box_a_name_or_a_confidence_is_dropped(dropped):
    found = from_custom_labels({"CustomLabels": [dropped, custom_label("pump")]}, TILE)

    assert [each.label for each in found] == ["pump"]


def test_a_tile_without_custom_labels_has_no_objects():
    assert from_custom_labels({}, TILE) == ()


def test_a_word_whose_box_is_no_number_is_dropped():
    response = textract(block("FV-1023", Geometry=geometry(0.1, float("nan"), 0.3, 0.05)))

    assert from_textract(response, TILE) == ()


def test_the_lines_that_a_detector_left_out_come_in_a_header():
    headers = {"x-tilescout-lines-left-out": "12", "content-type": "application/x-amz-json-1.1"}

    assert lines_left_out({"Blocks": [], "ResponseMetadata": {"HTTPHeaders": headers}}) == 12
    assert lines_left_out({"Blocks": []}) == 0


def test_lettering_that_was_not_read_comes_in_a_header_in_pixels_of_the_image():
    headers = {"x-tilescout-unread": "[[10, 20, 60, 50, 30]]"}
    coarse = Tile(7, Box(1000, 2000, 2000, 3000), 2.0)

    assert unread_lettering({"ResponseMetadata": {"HTTPHeaders": headers}}, coarse) == (
        WithheldSeen(
            label="lettering",
            confidence=0.0,
            box=Box(1020, 2040, 1120, 2100),
            reason="turned by about 30 degrees",
        ),
    )
    assert unread_lettering({"Blocks": []}, TILE) == ()


def test_an_answer_survives_json():
    answer = Answer(
        tile=7,
        tile_box=TILE.box,
        words=(Word(text="Ø 1½", confidence=1.5, box=Box(0, 1, 2.25, 3), line=4, direction="up"),),
        objects=(
            ObjectSeen(label="valve", confidence=9.0, box=Box(5, 6, 7, 8)),
            ObjectSeen(label="pump", confidence=9.0, box=Box(5, 6, 7, 8), angle=30.5),
        ),
        calls=5,
        warnings=("cut",),
        model_version="arn:aws:rekognition:::project/valves/version/v1/1",
        left_out=3,
    )

    assert answer_from_json(answer_to_json(answer)) == answer


def test_json_of_an_empty_answer_holds_only_its_tile():
    text = answer_to_json(Answer(tile=1, tile_box=Box(0, 0, 8, 8)))

    assert text == '{"tile":1,"tile_box":{"left":0.0,"top":0.0,"right":8.0,"bottom":8.0}}'


def test_other_json_is_no_answer():
    with pytest.raises(ValidationError):
        answer_from_json('{"tile": "seven"}')
