"""A profile's find: matches in stitched text, misreadings corrected, boxes of the match only."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilescout.detections import Answer, ObjectSeen, TextLine, Word
from tilescout.errors import InvalidProfile
from tilescout.geometry import Box, union
from tilescout.merging.page import detect_on_page, detect_with_warnings, lines_to_detections
from tilescout.merging.text.snippets import check_find, find_snippets
from tilescout.profiles import Find, Profile, Region

TAG = Find(label="instrument", pattern=r"[A-Z]{2}-\d{4}")
BUBBLE = Find(label="instrument", pattern=r"[A-Z]{2,3} \d{5}[A-Z]", lines=2)


def line(text, left=100.0, top=100.0, *, height=20.0, confidence=90.0, tiles=(0,)):
    """A line running right, 10 px a character."""
    words, at = [], left
    for part in text.split(" "):
        box = Box(at, top, at + 10 * len(part), top + height)
        words.append(Word(text=part, confidence=confidence, box=box, line=0))
        at += 10 * len(part) + 10
    return TextLine(
        text=text,
        confidence=confidence,
        box=union(word.box for word in words),
        words=tuple(words),
        tiles=tiles,
    )


def upright(text, bottom=500.0, left=100.0):
    """One word running up, 10 px a character."""
    box = Box(left, bottom - 10 * len(text), left + 20, bottom)
    word = Word(text=text, confidence=90.0, box=box, line=0, direction="up")
    return TextLine(text=text, confidence=90.0, box=box, words=(word,), tiles=(0,), direction="up")


def found(text, find=TAG):
    return [(each.text, each.normalised_text) for each in find_snippets([line(text)], [find])]


def profile(**settings):
    given = {"name": "p", "detector": "textract", "dpi": 300, "tile_size": 1000, "overlap": 100}
    return Profile(**(given | settings))


def test_a_match_is_a_detection_with_the_box_of_the_match_only():
    snippets = find_snippets([line("SEE FV-1023 ABOVE", tiles=(4, 5))], [TAG], page=3)

    (snippet,) = snippets
    assert (snippet.label, snippet.text, snippet.box) == (
        "instrument",
        "FV-1023",
        Box(140, 100, 210, 120),
    )
    assert (snippet.page, snippet.tiles, snippet.is_match) == (3, (4, 5), True)


def test_a_match_inside_a_word_has_its_share_of_the_word():
    (snippet,) = find_snippets([line("(FV-1023)")], [TAG])

    assert snippet.box == Box(110, 100, 180, 120)


def test_a_match_inside_upright_text_has_its_share_of_the_height():
    (snippet,) = find_snippets([upright("(FV-1023)")], [TAG])

    assert snippet.box == Box(100, 420, 120, 490)


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("FV-1O23", "FV-1023"),
        ("FV-l023", "FV-1023"),
        ("FV-I023", "FV-1023"),
        ("FV-102B", "FV-1028"),
        ("FV-S0Z3", "FV-5023"),
        ("FV-OO1O", "FV-0010"),
        ("P1-1023", "PI-1023"),
        ("F5-1O23", "FS-1023"),
        ("fv\u20131023", "FV-1023"),
    ],
)
def test_misread_characters_are_corrected_to_what_the_pattern_wants(read, meant):
    assert found(f"SEE {read} ABOVE") == [(read, meant)]


@pytest.mark.parametrize(
    "other",
    [
        "10-1023",
        "FV-SOIL",
        "FV-10234",
        "XFV-1023",
        "FV-1023A",
        "FV 1023",
        "IS-BOLD",
        "FV-1O2",
        "FV-SO",
    ],
)
def test_other_text_is_not_bent_into_a_match(other):
    assert found(f"SEE {other} ABOVE") == []


@pytest.mark.parametrize("other", ["L2-2", "ST2-1", "2U-2"])
def test_a_digit_in_a_short_tag_is_not_a_letter(other):
    assert found(other, Find(label="circuit", pattern=r"[A-Z]{1,3}-\d")) == []


@pytest.mark.parametrize("other", ["R12125", "SOD962"])
def test_a_character_stays_in_the_run_it_was_read_in(other):
    assert found(other, Find(label="part", pattern=r"[A-Z]{2}\d{4}")) == []


def test_an_underscore_read_as_a_space_is_found_where_the_pattern_spells_it_out():
    assert found("TS EN", Find(label="net", pattern=r"TS_[A-Z]{2}")) == [("TS EN", "TS_EN")]


@pytest.mark.parametrize("other", ["B12", "OIL", "SOIL", "12B", "S10", "1OI2"])
def test_a_bare_number_is_not_made_of_other_text(other):
    assert found(other, Find(label="room", pattern=r"\d{3}")) == []


@pytest.mark.parametrize(("read", "meant"), [("1O2", "102"), ("I02", "102"), ("12O", "120")])
def test_a_bare_number_forgives_the_letters_that_tags_leave_out(read, meant):
    assert found(read, Find(label="room", pattern=r"\d{3}")) == [(read, meant)]


def test_a_letter_the_pattern_spells_out_may_be_read_as_a_digit():
    assert found("5-101", Find(label="sheet", pattern=r"S-\d{3}")) == [("5-101", "S-101")]


def test_what_is_read_right_goes_before_what_must_be_corrected():
    either = Find(label="tag", pattern=r"A\d{2}|AO1")

    assert found("AO1", either) == [("AO1", "AO1")]


def test_each_match_in_a_line_is_a_detection_of_its_own():
    assert found("FV-1023 / FV-1O24") == [("FV-1023", "FV-1023"), ("FV-1O24", "FV-1024")]


def test_a_match_may_run_over_words():
    assert found("NOTE HS 3338IA", Find(label="i", pattern=r"HS \d{5}A")) == [
        ("HS 3338IA", "HS 33381A")
    ]


def test_no_edit_is_forgiven_unless_asked_for():
    assert found("FV1023") == []


def test_edits_beyond_confusions_are_forgiven_where_asked_for():
    forgiving = Find(label="instrument", pattern=r"FV-\d{4}", max_edits=1)

    assert [text for text, _ in found("FV1023 FW-1O23 XY-9999", forgiving)] == ["FV1023", "FW-1O23"]


def test_a_short_match_is_not_made_of_edits():
    assert found("XYZ", Find(label="i", pattern=r"ABC", max_edits=3)) == []


def test_two_lines_of_a_bubble_are_joined_and_boxed_together():
    lines = [line("HS", left=120, top=100), line("33381A", left=100, top=126)]

    (snippet,) = find_snippets(lines, [BUBBLE])

    assert (snippet.text, snippet.box) == ("HS 33381A", Box(100, 100, 160, 146))


def test_bubbles_side_by_side_are_not_mixed():
    upper = [line("HS", left=120), line("FV", left=320)]
    lower = [line("33381A", left=100, top=126), line("44492B", left=300, top=126)]

    snippets = find_snippets(upper + lower, [BUBBLE])

    assert [each.text for each in snippets] == ["HS 33381A", "FV 44492B"]


def test_text_far_below_is_not_in_the_bubble():
    lines = [line("HS", left=120, top=100), line("33381A", left=100, top=150)]

    assert find_snippets(lines, [BUBBLE]) == ()


def test_text_beside_is_not_in_the_bubble():
    lines = [line("HS", left=100, top=100), line("33381A", left=125, top=126)]

    assert find_snippets(lines, [BUBBLE]) == ()


def test_text_of_another_size_is_not_in_the_bubble():
    lines = [line("HS", left=120, top=100), line("33381A", left=100, top=126, height=60)]

    assert find_snippets(lines, [BUBBLE]) == ()


def test_a_bubble_read_as_one_line_is_found_too():
    assert found("HS 33381A", BUBBLE) == [("HS 33381A", "HS 33381A")]


def test_stacked_lines_are_not_joined_unless_asked_for():
    lines = [line("HS", left=120, top=100), line("33381A", left=100, top=126)]

    assert find_snippets(lines, [Find(label="i", pattern=BUBBLE.pattern)]) == ()


def test_a_tag_whose_hyphen_is_the_line_between_two_rows_of_a_bubble_is_one_snippet():
    lines = [line("FIC", left=105, top=100), line("101", left=105, top=126)]
    (snippet,) = find_snippets(lines, [Find(label="i", pattern=r"[A-Z]{2,4}-\d{3}", lines=2)])
    assert (snippet.text, snippet.normalised_text) == ("FIC 101", "FIC-101")
    assert (snippet.box, snippet.confidence, snippet.corrections) == (
        Box(105, 100, 135, 146),
        90,
        0,
    )


def test_rows_of_a_table_are_no_tag_with_a_hyphen():
    lines = [line("FIC", left=105, top=100), line("101", left=105, top=160)]
    assert find_snippets(lines, [Find(label="i", pattern=r"[A-Z]{2,4}-\d{3}", lines=2)]) == ()


def test_three_lines_are_joined_where_asked_for():
    lines = [line(text, top=100.0 + 24 * at) for at, text in enumerate(("AB", "12", "CD"))]

    (snippet,) = find_snippets(lines, [Find(label="i", pattern="AB 12 CD", lines=3)])

    assert snippet.box == Box(100, 100, 120, 168)


@pytest.mark.parametrize(
    ("find", "complaint"),
    [
        (Find(label="i", pattern="FV-("), r"'FV-\(' is not a regular expression.*backslash"),
        (Find(label="i", pattern=r"\d*"), "matches empty text"),
        (Find(label="i", pattern="A", max_edits=4), "max_edits 4; give 0 to 3"),
        (Find(label="i", pattern="A", lines=0), "lines 0; give 1 to 4"),
        (Find(label="", pattern="A"), "has no label"),
    ],
)
def test_a_find_that_cannot_work_is_refused_with_the_remedy(find, complaint):
    with pytest.raises(InvalidProfile, match=complaint):
        check_find(find)


def test_a_pattern_that_never_ends_is_refused_with_the_remedy():
    with pytest.raises(InvalidProfile, match="take out nested repeats"):
        find_snippets([line("A" * 60)], [Find(label="i", pattern="(A|AA)+B")])


def test_every_line_becomes_a_detection_that_is_no_match():
    (detection,) = lines_to_detections([line("Valve — open")], page=2)

    assert (detection.label, detection.text, detection.normalised_text, detection.is_match) == (
        "text",
        "Valve — open",
        "VALVE - OPEN",
        False,
    )


PAGE = Answer(
    tile=0,
    tile_box=Box(0, 0, 1000, 1000),
    words=line("SEE FV-1O23").words,
    objects=(
        ObjectSeen(label="valve", confidence=50.0, box=Box(100, 200, 150, 250)),
        ObjectSeen(label="pump", confidence=80.0, box=Box(300, 200, 350, 250)),
    ),
)


def test_without_find_every_line_and_object_is_detected():
    detections = detect_on_page([PAGE], 1, 1000, 1000, profile())

    assert [(each.label, each.text) for each in detections] == [
        ("text", "SEE FV-1O23"),
        ("valve", ""),
        ("pump", ""),
    ]


def test_with_find_only_snippets_are_detected_as_text():
    detections = detect_on_page([PAGE], 1, 1000, 1000, profile(find=(TAG,), labels=("pump",)))

    assert [(each.label, each.normalised_text) for each in detections] == [
        ("instrument", "FV-1023"),
        ("pump", ""),
    ]


def test_what_is_below_the_floor_of_its_label_is_dropped():
    floors = {"valve": 40.0, "instrument": 10.0, "*": 85.0}
    settings = profile(find=(TAG,), min_confidence=floors)

    detections = detect_on_page([PAGE], 1, 1000, 1000, settings)

    assert [each.label for each in detections] == ["instrument", "valve"]


def test_only_what_is_centred_in_the_included_regions_is_kept():
    settings = profile(include=(Region(left=0.0, top=0.15, right=0.2, bottom=0.5),))

    assert [each.label for each in detect_on_page([PAGE], 1, 1000, 1000, settings)] == ["valve"]


def test_what_is_centred_in_an_excluded_region_is_dropped():
    settings = profile(exclude=(Region(left=0.0, top=0.0, right=0.25, bottom=1.0),))

    assert [each.label for each in detect_on_page([PAGE], 1, 1000, 1000, settings)] == ["pump"]


def test_a_pattern_that_never_ends_on_a_page_is_left_out_there_with_a_warning():
    endless = Find(label="weld", pattern="(A|AA)+B")
    page = Answer(
        tile=0,
        tile_box=Box(0, 0, 1000, 1000),
        words=(*line("SEE FV-1023").words, *line("A" * 60, top=400.0).words),
    )

    found = detect_with_warnings([page], 7, 1000, 1000, profile(find=(endless, TAG)))

    assert [each.text for each in found.detections] == ["FV-1023"]
    assert found.warnings == (
        "snippet 'weld' took over 1 s on a line of page 7 and was left out there; "
        "simplify its pattern",
    )


def test_a_page_whose_patterns_are_quick_has_no_warning():
    assert detect_with_warnings([PAGE], 1, 1000, 1000, profile(find=(TAG,))).warnings == ()


MISREAD = {"0": "OD", "1": "Il", "2": "Z", "5": "S", "8": "B", "6": "G", "S": "5", "B": "8"}


@settings(max_examples=200, deadline=None)
@given(
    st.from_regex(r"[A-Z][BS]-[0-9]{4}", fullmatch=True),
    st.integers(0, 6),
    st.randoms(use_true_random=False),
)
def test_any_one_misread_character_is_corrected(tag, at, chooser):
    read = tag[:at] + chooser.choice(MISREAD.get(tag[at], tag[at])) + tag[at + 1 :]

    assert [normalised for _, normalised in found(read)] == [tag]


@pytest.mark.parametrize("number", ["10", "20", "18", "30"])
def test_a_number_is_no_sign_of_a_digit_and_one_of_a_few_letters(number):
    assert found(number, Find(label="sign", pattern="(?:10|[1-9])[A-D]")) == []


@pytest.mark.parametrize("tag", ["U10B", "U7D", "U13B"])
def test_the_letter_that_ends_a_short_tag_is_no_digit(tag):
    assert found(tag, Find(label="part", pattern=r"[A-Z]\d{1,3}")) == []


def test_two_letters_before_two_digits_are_no_number():
    assert found("IO23", Find(label="number", pattern=r"\d{4}")) == []


def test_a_correction_is_counted_and_lowers_the_confidence():
    (read,) = find_snippets([line("FV-1023", confidence=90)], [TAG])
    (corrected,) = find_snippets([line("FV-1O23", confidence=90)], [TAG])

    assert (read.text, read.normalised_text, read.corrections) == ("FV-1023", "FV-1023", 0)
    assert (corrected.text, corrected.normalised_text, corrected.corrections) == (
        "FV-1O23",
        "FV-1023",
        1,
    )
    assert corrected.confidence < read.confidence == 90


def test_nothing_is_corrected_where_a_find_says_so():
    strict = Find(label="tag", pattern=TAG.pattern, correct="none")

    assert found("FV-1O23", strict) == []
    assert found("FV-1023", strict) == [("FV-1023", "FV-1023")]
