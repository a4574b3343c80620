"""Text seen by overlapping tiles becomes the lines that stand on the page."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.counted_work import calls_of
from tests.unit.tilescout.merging.text.text_pages import ADVANCE, HEIGHT, WrittenLine, read_by_tiles
from tilescout.detections import Answer, Word
from tilescout.geometry import Box
from tilescout.merging.text.lines import stitch_lines, stitch_tile
from tilescout.merging.text.orientation import rotate_from_reading, rotate_to_reading
from tilescout.tiling.grid import Tile, TileGrid

LEFT_TILE, RIGHT_TILE = Box(0, 0, 1000, 1000), Box(900, 0, 1900, 1000)
DIRECTIONS = ("right", "down", "left", "up")


def word(text, left, right, *, top=100, height=20, line=0, confidence=90.0, direction="right"):
    box = Box(left, top, right, top + height)
    return Word(text=text, confidence=confidence, box=box, line=line, direction=direction)


def answer(tile, box, *words):
    return Answer(tile=tile, tile_box=box, words=words)


def stitch(*answers):
    return stitch_lines(answers, 1900, 1000)


def texts(lines):
    return [line.text for line in lines]


def test_a_word_seen_by_two_tiles_is_one_word():
    lines = stitch(
        answer(0, LEFT_TILE, word("PUMP", 920, 980)),
        answer(1, RIGHT_TILE, word("PUMP", 921, 981)),
    )

    assert [(line.text, line.tiles) for line in lines] == [("PUMP", (0, 1))]


def test_a_cut_word_yields_to_the_tile_that_saw_it_whole():
    lines = stitch(
        answer(0, LEFT_TILE, word("SEE", 880, 925), word("NOTF", 940, 1000)),
        answer(1, RIGHT_TILE, word("NOTES", 940, 1015), word("ABOVE", 1030, 1105)),
    )

    assert texts(lines) == ["SEE NOTES ABOVE"]
    assert lines[0].open_sides == ()


def early(first, second, seam):
    """Words (text, left, right) of two tiles, the second of which begins at the seam."""
    tiles = Box(0, 0, seam + 73, 500), Box(seam, 0, seam + 512, 500)
    words = [[word(*each, height=26) for each in seen] for seen in (first, second)]
    return texts(stitch(answer(0, tiles[0], *words[0]), answer(1, tiles[1], *words[1])))


def test_a_box_that_begins_a_character_early_loses_no_letters():
    # As the OCR read a finish plan: the second tile's box holds the end of WORK as well.
    first = [("NO", 236, 304), ("WORK", 310, 444), ("TH", 457, 510)]
    second = [("THIS", 439, 557), ("AREA", 566, 684)]

    assert early(first, second, 439) == ["NO WORK THIS AREA"]


def test_a_box_that_ends_a_character_late_doubles_no_letters():
    first = [("REVISION", 7, 107), ("SET", 115, 156), ("1", 163, 177), ("(PREBID", 180, 267)]

    found = early([*first, ("ADDEN", 273, 347)], [("ADDENDUM)", 276, 404)], 276)

    assert found == ["REVISION SET 1 (PREBID ADDENDUM)"]


def test_a_word_no_tile_saw_whole_is_joined_by_what_both_read():
    lines = stitch(
        answer(0, LEFT_TILE, word("ELECTROTECHN", 880, 1000)),
        answer(1, RIGHT_TILE, word("ECTROTECHNICAL", 900, 1040)),
    )

    assert texts(lines) == ["ELECTROTECHNICAL"]


def test_one_misread_character_at_the_seam_is_forgiven():
    lines = stitch(
        answer(0, LEFT_TILE, word("ELECTROTECHN", 880, 1000)),
        answer(1, RIGHT_TILE, word("ECTR0TECHNICAL", 900, 1040)),
    )

    assert texts(lines)[0].replace("0", "O") == "ELECTROTECHNICAL"


def test_repeated_characters_are_neither_lost_nor_doubled():
    lines = stitch(
        answer(0, LEFT_TILE, word("000000000000", 880, 1000)),
        answer(1, RIGHT_TILE, word("00000000000000", 900, 1040)),
    )

    assert texts(lines) == ["0" * 16]


def test_a_word_seen_whole_has_no_odd_letter_of_a_cut_reading_after_it():
    # As the OCR read a finish plan: the tile that cuts the tag takes a line for a dash.
    lines = stitch(
        answer(0, LEFT_TILE, word("CPT-1", 899, 956, confidence=99.9)),
        answer(1, RIGHT_TILE, word("CPT-1-", 900, 963, confidence=91.6)),
    )

    assert texts(lines) == ["CPT-1"]


def test_a_word_seen_whole_has_no_odd_letter_of_a_cut_reading_before_it():
    lines = stitch(
        answer(0, LEFT_TILE, word("[SP.", 953, 1000, confidence=98.6)),
        answer(1, RIGHT_TILE, word("SP-50", 960, 1037, confidence=99.9)),
    )

    assert texts(lines) == ["SP-50"]


def test_what_lies_beyond_the_tile_that_read_a_word_whole_is_kept():
    lines = stitch(
        answer(0, LEFT_TILE, word("USB", 860, 934, confidence=99.9)),
        answer(1, RIGHT_TILE, word("SB_PWR", 900, 1045, confidence=89.3)),
    )

    assert texts(lines) == ["USB_PWR"]


def test_an_end_that_a_tile_cuts_yields_to_one_that_ends_hardly_further():
    lines = stitch(
        answer(0, LEFT_TILE, word("10E-2", 904, 1000, confidence=94.6)),
        answer(1, RIGHT_TILE, word("E-21", 954, 1004, confidence=99.9)),
    )

    assert texts(lines) == ["E-21"]


def test_a_word_seen_whole_is_not_joined_to_the_rest_of_a_cut_one():
    # As the OCR read a floor plan: the second tile's box begins at its side, two letters early.
    first, second = Box(0, 0, 512, 500), Box(439, 0, 951, 500)
    lines = stitch(
        answer(0, first, word("COAG", 365, 452, height=30), word("EL2", 472, 511, height=30)),
        answer(1, second, word("EL2-10", 439, 558, height=38)),
    )

    assert texts(lines)[0].startswith("COAG ")


def test_a_long_part_that_both_read_joins_them_though_letters_are_of_unlike_width():
    # As the OCR read a schematic: other words are narrower, so each word seems to lie apart.
    first, second = Box(399, 0, 911, 500), Box(799, 0, 1311, 500)
    lines = stitch(
        answer(0, first, word("MC74VHC1G08DFT2", 790, 910, height=10)),
        answer(
            1,
            second,
            word("C74VHC1G08DFT2G", 800, 920, height=10),
            word("SC70", 924, 956, height=10),
            word("5P", 959, 973, height=10),
        ),
    )

    assert texts(lines) == ["MC74VHC1G08DFT2G SC70 5P"]


def test_letters_far_from_their_twins_do_not_stop_the_stitch():
    # As the OCR read a borehole log: narrow words beside it put a cut word's letters out of place.
    first, second = Box(0, 0, 540, 500), Box(276, 0, 1300, 500)
    lines = stitch(
        answer(
            0,
            first,
            word("and", 252, 285),
            word("CLAYSTONE,", 291, 438),
            word("to", 438, 457),
            word("ARGILL", 462, 540),
        ),
        answer(
            1,
            second,
            word("d", 276, 289),
            word("CLAYSTONE,", 291, 436),
            word("to", 438, 459),
            word("ARGILLACEOUS", 467, 637),
            word("fill", 645, 685),
            word("limit", 695, 740),
            word("lit", 750, 780),
        ),
    )

    assert texts(lines) == ["and CLAYSTONE, to ARGILLACEOUS fill limit lit"]


def test_a_line_cut_by_tiles_that_do_not_overlap_is_one_line():
    lines = stitch_lines(
        [
            answer(0, Box(0, 0, 1000, 1000), word("SEE", 930, 960), word("NO", 970, 1000)),
            answer(1, Box(1000, 0, 2000, 1000), word("TES", 1000, 1030)),
        ],
        2000,
        1000,
    )

    assert texts(lines) == ["SEE NOTES"]


def test_lines_that_one_tile_reported_apart_stay_apart():
    lines = stitch(
        answer(0, LEFT_TILE, word("ROOM", 910, 950), word("101", 960, 990, line=1)),
        answer(1, RIGHT_TILE, word("ROOM", 910, 950), word("101", 960, 990)),
    )

    assert texts(lines) == ["ROOM", "101"]


def test_a_word_one_tile_read_in_two_pieces_is_one_word_where_another_read_it_whole():
    lines = stitch(
        answer(0, LEFT_TILE, word("TS", 910, 930), word("ENABLE", 945, 1000, line=1)),
        answer(1, RIGHT_TILE, word("TS_ENABLES", 910, 1010)),
    )

    assert texts(lines) == ["TS_ENABLES"]


def test_a_line_whose_lower_half_is_cut_off_yields_to_the_tile_below():
    lines = stitch_lines(
        [
            answer(0, Box(0, 0, 1000, 1000), word("I I I", 100, 200, top=988, height=12)),
            answer(1, Box(0, 900, 1000, 1900), word("HEATER", 100, 200, top=988, height=20)),
        ],
        1000,
        1900,
    )

    assert texts(lines) == ["HEATER"]


def test_a_word_missed_by_the_better_placed_tile_is_not_lost():
    lines = stitch(
        answer(0, LEFT_TILE, word("A", 905, 915), word("BC", 930, 950), word("DEF", 965, 995)),
        answer(1, RIGHT_TILE, word("A", 905, 915), word("DEF", 965, 995), word("G", 1010, 1020)),
    )

    assert texts(lines) == ["A BC DEF G"]


def test_a_word_that_is_really_a_whole_line_is_split_at_its_spaces():
    lines = stitch(answer(0, LEFT_TILE, word("FIRE RATED  DOOR", 100, 260)))

    assert [(each.text, each.box.left) for each in lines[0].words] == [
        ("FIRE", 100),
        ("RATED", 150),
        ("DOOR", 220),
    ]


def test_a_side_nobody_saw_whole_is_open():
    lines = stitch_lines([answer(0, LEFT_TILE, word("VALV", 960, 999))], 1900, 1000)

    assert lines[0].open_sides == ("right",)


def test_a_line_at_the_border_of_the_page_is_not_open():
    lines = stitch_lines([answer(0, LEFT_TILE, word("VALVE", 0, 50))], 1900, 1000)

    assert lines[0].open_sides == ()


def test_the_text_layer_wins_over_what_was_read_at_its_place():
    lines = stitch(
        answer(-1, Box(0, 0, 1900, 1000), word("FV-1023", 500, 570, confidence=100.0)),
        answer(0, LEFT_TILE, word("FV-IO23", 498, 572), word("EXTRA", 500, 550, top=300)),
    )

    assert [(line.text, line.tiles) for line in lines] == [("FV-1023", (-1,)), ("EXTRA", (0,))]


def test_the_text_layer_wins_over_a_reading_in_far_too_tall_a_box():
    lines = stitch(
        answer(-1, Box(0, 0, 1900, 1000), word("WEST", 500, 570, confidence=50.0)),
        answer(0, LEFT_TILE, word("WEST", 490, 580, top=60, height=100)),
    )

    assert [(line.text, line.tiles) for line in lines] == [("WEST", (-1,))]


def test_words_of_the_text_layer_are_never_lost_to_words_run_together():
    layer = answer(-1, Box(0, 0, 1900, 1000), word("N-2", 500, 530), word("U-2", 545, 575, line=1))
    lines = stitch(layer, answer(0, LEFT_TILE, word("N-2U-21", 495, 590)))

    assert texts(lines) == ["N-2", "U-2"]


def test_a_word_read_sideways_by_one_tile_is_not_a_second_word():
    lines = stitch(
        answer(0, LEFT_TILE, word("NEON", 920, 960)),
        answer(1, RIGHT_TILE, word("Z", 921, 959, direction="down")),
    )

    assert texts(lines) == ["NEON"]


def test_a_quote_read_alone_in_its_wide_form_is_not_a_second_word():
    lines = stitch(
        answer(0, LEFT_TILE, word("Fm.»", 854, 917, top=100, height=27)),
        answer(1, RIGHT_TILE, word("》", 905, 917, top=107, height=13)),
    )

    assert texts(lines) == ["Fm.»"]


def test_lines_of_neighbouring_rows_are_not_mixed():
    lines = stitch(
        answer(
            0, LEFT_TILE, word("UPPER", 910, 990, top=100), word("LOWER", 910, 990, top=121, line=1)
        ),
        answer(
            1,
            RIGHT_TILE,
            word("UPPER", 910, 990, top=100),
            word("LOWER", 910, 990, top=121, line=1),
        ),
    )

    assert texts(lines) == ["UPPER", "LOWER"]


def test_empty_answers_hold_no_lines():
    assert stitch_lines([], 100, 100) == ()
    assert stitch_lines([answer(0, LEFT_TILE)], 1900, 1000) == ()


def test_an_answer_delivered_twice_counts_once():
    seen = answer(0, LEFT_TILE, word("PUMP", 920, 980))

    assert texts(stitch(seen, seen)) == ["PUMP"]


def test_quarters_of_a_tile_become_one_answer_of_it():
    tile = Tile(3, Box(1000, 0, 2000, 1000))
    parts = [
        answer(3, Box(1000, 0, 1550, 550), word("SEE", 1480, 1510), word("NOT", 1520, 1550)),
        answer(3, Box(1450, 0, 2000, 550), word("SEE", 1480, 1510), word("NOTES", 1520, 1570)),
    ]

    joined = stitch_tile(tile, parts)

    assert [(each.text, each.line, each.box.left) for each in joined.words] == [
        ("SEE", 0, 1480),
        ("NOTES", 0, 1520),
    ]
    assert (joined.tile, joined.tile_box, joined.calls) == (3, tile.box, 2)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_turning_back_undoes_turning(direction):
    assert rotate_from_reading(rotate_to_reading(Box(1, 2, 30, 40), direction), direction) == Box(
        1, 2, 30, 40
    )


TEXT = st.text("ABCDEIOTW013579-.", min_size=1, max_size=14)


@st.composite
def pages(draw):
    """Width, height, grid, and lines in rows that are apart, all in one direction."""
    direction = draw(st.sampled_from(DIRECTIONS))
    overlap = draw(st.integers(int(HEIGHT), 90))
    grid = TileGrid(draw(st.integers(200, 330)), overlap)
    width, height = draw(st.integers(120, 700)), draw(st.integers(120, 700))
    frame = rotate_to_reading(Box(0, 0, width, height), direction)
    lines, top = [], frame.top + draw(st.integers(0, 40))
    while top + HEIGHT <= frame.bottom and len(lines) < 8:
        start = frame.left + draw(st.integers(0, 60))
        room = int((frame.right - start) / ADVANCE)
        text = " ".join(draw(st.lists(TEXT, min_size=1, max_size=9)))[:room].strip()
        if text:
            lines.append(WrittenLine(text, start, top, direction))
        top += HEIGHT + draw(st.integers(6, 90))
    return width, height, grid, lines


@pytest.mark.parametrize("text", ["0000000000 0000000000", "PUMP-10072 PUMP-10072"])
def test_a_word_written_twice_stays_where_no_tile_shows_both_whole(text):
    lines = [WrittenLine(text, 0, 26, "right")]

    stitched = stitch_lines(read_by_tiles(lines, TileGrid(200, 18), 210, 120), 210, 120)

    assert texts(stitched) == [text]


@settings(max_examples=150, deadline=None)
@given(pages())
def test_lines_cut_into_tiles_are_stitched_back_to_the_letter(page):
    width, height, grid, lines = page

    stitched = stitch_lines(read_by_tiles(lines, grid, width, height), width, height)

    assert sorted(texts(stitched)) == sorted(line.text for line in lines)


@settings(max_examples=50, deadline=None)
@given(pages(), st.randoms(use_true_random=False))
def test_the_order_of_answers_and_words_is_irrelevant(page, shuffler):
    width, height, grid, lines = page
    answers = read_by_tiles(lines, grid, width, height)
    shuffled = [
        replace(each, words=tuple(shuffler.sample(each.words, len(each.words))))
        for each in shuffler.sample(answers, len(answers))
    ]

    assert stitch_lines(shuffled, width, height) == stitch_lines(answers, width, height)


@settings(max_examples=50, deadline=None)
@given(pages())
def test_every_tile_that_saw_a_line_is_named(page):
    width, height, grid, lines = page
    answers = read_by_tiles(lines, grid, width, height)

    stitched = stitch_lines(answers, width, height)

    named = {tile for line in stitched for tile in line.tiles}
    assert named <= {each.tile for each in answers if each.words}


def written_page(width):
    shuffler = random.Random(1)
    return [
        WrittenLine(
            " ".join("".join(shuffler.choices("ABC0123", k=6)) for _ in range(8)),
            float(left),
            float(top),
        )
        for left in range(0, width - 1_000, 800)
        for top in range(0, 2_700, 30)
    ]


def test_twice_the_words_take_about_twice_the_work():
    work = {}
    for width in (6_000, 11_600):
        lines = written_page(width)
        answers = read_by_tiles(lines, TileGrid(1024, 154), width, 3_000)
        stitched = [*stitch_lines(answers, width, 3_000)]
        work[width] = calls_of(partial(stitch_lines, answers, width, 3_000))
        assert sum(len(line.words) for line in stitched) == 8 * len(lines)

    assert 1.8 < len(written_page(11_600)) / len(written_page(6_000)) < 2.2
    assert work[11_600] < 2.4 * work[6_000]


@pytest.mark.parametrize("narrow", [0, 44])
def test_a_word_that_two_tiles_place_side_by_side_is_given_once(narrow):
    first = Answer(
        tile=0,
        tile_box=Box(0, 0, 1000, 1000),
        words=(word("SEE", 800, 830), word("THE", 850, 880), word("NOTE", 900, 945)),
    )
    other = Answer(
        tile=1,
        tile_box=Box(744, 0, 1744, 1000),
        words=(word("THE", 850, 880), word("NOTE", 950 + narrow, 995), word("NUMBER", 1010, 1075)),
    )

    (line,) = stitch_lines([first, other], 1744, 1000)

    assert line.text == "SEE THE NOTE NUMBER"


def test_a_word_that_is_written_twice_is_given_twice():
    words = (word("BORA", 850, 890), word("BORA", 900, 940))
    first = Answer(tile=0, tile_box=Box(0, 0, 1000, 1000), words=words)
    other = Answer(tile=1, tile_box=Box(744, 0, 1744, 1000), words=words)

    (line,) = stitch_lines([first, other], 1744, 1000)

    assert line.text == "BORA BORA"
