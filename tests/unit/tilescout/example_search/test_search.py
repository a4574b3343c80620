"""Symbols are found from one box, turned, mirrored and scaled, and what only resembles is not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.tilescout.example_search.drawn_strokes import (
    BLACK,
    PUMP,
    RED,
    VALVE,
    box_at,
    page_of,
    placed,
)
from tilescout.example_search import (
    Example,
    Finding,
    PoorExample,
    best_of,
    find_symbols,
    learn_symbol,
    placements,
    with_reject,
)
from tilescout.geometry import Box, iou
from tilescout.rendering.page_strokes import PageStrokes

WALL = np.array([[0.0, 300.0, 600.0, 300.0], [40.0, 0.0, 40.0, 400.0]])


def found(page: PageStrokes, box: Box, on: PageStrokes | None = None) -> list[Finding]:
    symbol = learn_symbol(page, Example(box, "valve"))
    finds = find_symbols(on or page, symbol).findings
    return [find for find in finds if find.score >= 0.5 and not find.withheld]


def centres(finds: list[Finding]) -> list[tuple[int, int]]:
    return sorted((round(find.box.centre[0]), round(find.box.centre[1])) for find in finds)


def test_every_copy_is_found_from_one_box() -> None:
    page = page_of([placed(VALVE, x, 100) for x in (100, 200, 300)] + [WALL])
    assert centres(found(page, box_at(100, 100))) == [(100, 97), (200, 97), (300, 97)]


def test_a_quarter_turn_a_mirror_and_another_size_are_found_and_told() -> None:
    page = page_of(
        [
            placed(VALVE, 100, 100),
            placed(VALVE, 200, 100, turns=1),
            placed(PUMP, 300, 100),
            placed(VALVE, 400, 200, scale=1.15),
        ]
    )
    finds = found(page, box_at(100, 100))
    assert [(f.turn, round(f.scale, 2)) for f in sorted(finds, key=lambda f: f.box.left)] == [
        (0, 1.0), (90, 1.0), (0, 1.15),
    ]  # fmt: skip


def test_another_symbol_is_not_found() -> None:
    page = page_of([placed(VALVE, 100, 100), placed(VALVE, 200, 100), placed(PUMP, 300, 100)])
    assert len(found(page, box_at(100, 100))) == 2


def test_lines_that_touch_and_cross_a_copy_do_not_hide_it() -> None:
    pipes = np.array([[150.0, 100.0, 190.0, 100.0], [210.0, 100.0, 260.0, 100.0]])
    crossing = np.array([[180.0, 60.0, 215.0, 130.0]])
    page = page_of([placed(VALVE, 100, 100), placed(VALVE, 200, 100), pipes, crossing])
    assert centres(found(page, box_at(100, 100))) == [(100, 97), (200, 97)]


def test_strokes_that_only_the_example_has_are_left_out_of_the_template() -> None:
    scribble = np.array([[92.0, 108.0, 108.0, 108.0], [95.0, 109.0, 105.0, 109.0]]) - [0, 4, 0, 4]
    copies = [placed(VALVE, x, 200) for x in (100, 160, 220, 280, 340)]
    page = page_of([placed(VALVE, 100, 100), scribble, *copies])
    assert len(found(page, box_at(100, 100))) == 6
    assert learn_symbol(page, Example(box_at(100, 100), "valve")).notes == ()


def test_much_clutter_in_the_box_is_told_with_what_to_do() -> None:
    lines = [[x, 89.0 + 0.8 * at, x + 7, 89.0 + 0.8 * at] for at in range(5) for x in (91.5, 101.5)]
    copies = [placed(VALVE, x, 200) for x in (100, 160, 220, 280, 340)]
    page = page_of([placed(VALVE, 100, 100), np.array(lines), *copies])
    assert learn_symbol(page, Example(box_at(100, 100), "valve")).notes == (
        "other strokes were inside the box of 'valve' and were left out, as its other finds lack "
        "them; draw the box closely round one symbol without other strokes",
    )


def test_it_is_told_where_all_that_resembles_the_example_lacks_the_same_part_of_it() -> None:
    hatch = np.array([[93.0 + 4 * at, 89.0, 93.0 + 4 * at, 105.0] for at in range(3)])
    copies = [placed(VALVE, x, 200) for x in (100, 160, 220, 280, 340)]
    page = page_of([placed(VALVE, 100, 100), hatch, *copies])
    assert learn_symbol(page, Example(box_at(100, 100), "valve")).notes == (
        "5 places have the same part of the strokes in the box of 'valve' and lack the rest; if "
        "they are the symbol, draw the box closely round it without other strokes",
    )


def test_it_is_told_where_not_all_places_that_resemble_the_symbol_were_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = page_of([placed(VALVE, x, 100) for x in (100, 200, 300)])
    symbol = learn_symbol(page, Example(box_at(100, 100), "valve"))
    assert find_symbols(page, symbol).notes == ()
    monkeypatch.setattr(placements, "MAX_PLACEMENTS", 2)
    (note,) = find_symbols(page, symbol).notes
    assert "places that resemble 'valve' most were looked at, and there are more" in note
    assert "draw the box round more of the symbol" in note


def test_a_find_in_another_colour_scores_less_where_all_others_keep_theirs() -> None:
    parts = [placed(VALVE, x, 100) for x in (100, 160, 220, 280, 340)]
    page = page_of([*parts, placed(VALVE, 460, 100)], [BLACK] * 5 + [RED])
    finds = {round(f.box.centre[0]): f.score for f in found(page, box_at(100, 100))}
    assert finds.get(460, 0.0) < min(score for x, score in finds.items() if x != 460)


def test_a_symbol_is_found_on_another_page_in_the_size_of_that_page() -> None:
    first = page_of([placed(VALVE, x, 100) for x in (100, 200, 300, 400)])
    other = page_of([placed(VALVE, x, 150, scale=0.85) for x in (90, 190, 290, 390)])
    assert len(found(first, box_at(100, 100), on=other)) == 4


def test_a_page_without_strokes_has_no_finds() -> None:
    page = page_of([placed(VALVE, 100, 100)])
    empty = page_of([np.zeros((0, 4))])
    assert found(page, box_at(100, 100), on=empty) == []


def test_an_empty_box_is_refused_with_what_to_do() -> None:
    page = page_of([placed(VALVE, 100, 100)])
    with pytest.raises(PoorExample, match=r"strokes that lie wholly inside its box.*whole symbol"):
        learn_symbol(page, Example(Box(300, 300, 320, 320), "valve"))


def test_a_rejected_look_alike_is_withheld_with_the_reason_and_copies_stay() -> None:
    dot = np.array([[-3.0, 3.0, 3.0, 3.0], [-3.0, 4.0, 3.0, 4.0]])
    odd = np.concatenate([VALVE, dot])
    page = page_of(
        [placed(VALVE, x, 100) for x in (60, 120, 180, 240)]
        + [placed(odd, x, 200) for x in (60, 120, 180)]
    )
    symbol = learn_symbol(page, Example(box_at(60, 100), "valve"))
    symbol = with_reject(page, symbol, box_at(60, 200))
    finds = find_symbols(page, symbol).findings
    kept = [find for find in finds if find.score >= 0.5 and not find.withheld]
    assert centres(kept) == [(60, 97), (120, 97), (180, 97), (240, 97)]
    assert {find.withheld for find in finds if find.box.centre[1] > 150} == {
        "looks like a counter-example"
    }


def test_a_reject_where_nothing_resembles_the_symbol_changes_nothing() -> None:
    page = page_of([placed(VALVE, x, 100) for x in (100, 200, 300)])
    symbol = learn_symbol(page, Example(box_at(100, 100), "valve"))
    assert with_reject(page, symbol, Box(500, 300, 520, 320)) == symbol


def test_of_two_examples_the_better_find_stays_at_a_place() -> None:
    box = Box(0, 0, 10, 10)
    one = Finding(label="a", box=box, score=0.7, turn=0, mirrored=False, scale=1)
    other = Finding(label="b", box=box.shift(1, 0), score=0.9, turn=0, mirrored=False, scale=1)
    assert best_of([one, other]) == [other]


def finding(label: str, box: Box, score: float, drawn: float) -> Finding:
    return Finding(label=label, box=box, score=score, turn=0, mirrored=False, scale=1, drawn=drawn)


def test_of_symbols_that_score_alike_the_one_with_more_strokes_stays() -> None:
    gate = finding("gate", Box(0, 4, 20, 16), 1.0, 60)
    control = finding("control", Box(0, 0, 20, 16), 0.95, 90)
    assert best_of([gate, control]) == [control]


def test_a_symbol_with_more_strokes_that_scores_much_less_gives_way() -> None:
    gate = finding("gate", Box(0, 4, 20, 16), 1.0, 60)
    control = finding("control", Box(0, 0, 20, 16), 0.5, 70)
    assert best_of([gate, control]) == [gate]


@settings(max_examples=15, deadline=None)
@given(
    turns=st.integers(0, 3),
    mirrored=st.booleans(),
    x=st.floats(60, 540),
    y=st.floats(150, 340),
    scale=st.floats(0.85, 1.2),
)
def test_a_copy_is_found_wherever_and_however_it_lies(
    turns: int, mirrored: bool, x: float, y: float, scale: float
) -> None:
    copy = placed(VALVE, x, y, turns=turns, mirrored=mirrored, scale=scale)
    page = page_of([placed(VALVE, 60, 60), copy])
    finds = found(page, box_at(60, 60))
    ends = copy.reshape(-1, 2)
    around = Box(*ends.min(0).tolist(), *ends.max(0).tolist())
    assert max(iou(find.box, around) for find in finds) > 0.6


def test_a_page_that_is_too_large_for_a_fine_look_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    page = page_of([placed(VALVE, x, 100) for x in (60, 130, 200, 270)])
    symbol = learn_symbol(page, Example(box_at(60, 100), "valve"))
    assert find_symbols(page, symbol).notes == ()

    monkeypatch.setattr("tilescout.example_search.placements.MAX_MAP_PIXELS", 100_000)

    (note,) = find_symbols(page, symbol).notes
    assert note.startswith(
        "the page is so large that 'valve' was looked for in steps of 1.55 points"
    )
