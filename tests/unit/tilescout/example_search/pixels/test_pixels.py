"""Symbols are found on scanned pages from one box, turned, mirrored and scaled."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.tilescout.example_search.drawn_strokes import PUMP, VALVE, placed
from tests.unit.tilescout.example_search.pixels.drawn_pixels import scan_of, valve_box
from tilescout.example_search import (
    Example,
    Finding,
    PoorExample,
    ScannedPage,
    find_pixels,
    learn_pixels,
    with_pixel_reject,
)
from tilescout.geometry import Box

COPIES = [(40, 40), (100, 40), (160, 40), (220, 40)]
BARE_VALVE = VALVE[:4]
"""The valve without stem and handle."""


def good(finds: tuple[Finding, ...]) -> list[Finding]:
    return [find for find in finds if find.score >= 0.5 and not find.withheld]


def places(finds: list[Finding]) -> list[tuple[int, int]]:
    return sorted((round(find.box.centre[0]), round(find.box.centre[1] + 3)) for find in finds)


def test_copies_are_found_on_noisy_paper_and_other_symbols_are_not() -> None:
    page = scan_of([*(placed(VALVE, x, y) for x, y in COPIES), placed(PUMP, 150, 130)])

    symbol = learn_pixels(page, Example(valve_box(40, 40), "valve"))

    assert places(good(find_pixels(page, symbol).findings)) == COPIES


def test_a_quarter_turn_and_another_size_are_found_and_told() -> None:
    page = scan_of(
        [placed(VALVE, 40, 40), placed(VALVE, 120, 60, turns=1), placed(VALVE, 220, 60, scale=1.15)]
    )

    symbol = learn_pixels(page, Example(valve_box(40, 40), "valve"))

    finds = good(find_pixels(page, symbol).findings)
    told = sorted((find.turn, round(find.scale, 1)) for find in finds)
    assert told == [(0, 1.0), (0, 1.1), (90, 1.0)]


def test_a_learned_symbol_is_found_on_another_page() -> None:
    page = scan_of([placed(VALVE, x, y) for x, y in COPIES])
    other = scan_of([placed(VALVE, 150, 100)])

    symbol = learn_pixels(page, Example(valve_box(40, 40), "valve"))

    assert places(good(find_pixels(other, symbol).findings)) == [(150, 100)]


def test_a_page_drawn_at_another_size_is_searched_at_its_own() -> None:
    page = scan_of([placed(VALVE, x, y) for x, y in COPIES])
    smaller = [(40, 40), (100, 40), (160, 40), (220, 40), (40, 100), (100, 100)]
    other = scan_of([placed(VALVE, x, y, scale=0.85) for x, y in smaller])

    symbol = learn_pixels(page, Example(valve_box(40, 40), "valve"))

    assert len(good(find_pixels(other, symbol).findings)) == len(smaller)


def test_one_shape_in_two_sizes_is_two_symbols() -> None:
    larger = [(40, 130), (100, 130), (160, 130), (220, 130)]
    page = scan_of(
        [
            *(placed(VALVE, x, y) for x, y in COPIES),
            *(placed(VALVE, x, y, scale=1.35) for x, y in larger),
        ]
    )

    symbol = learn_pixels(page, Example(valve_box(40, 40), "valve"))

    assert places(good(find_pixels(page, symbol).findings)) == COPIES


def test_lines_that_cross_the_example_are_not_learned() -> None:
    copies = [*COPIES, (40, 130), (100, 130), (160, 130)]
    crossing = np.array([[20.0, 30, 60, 48], [20, 52, 60, 26], [22, 60, 48, 20]])
    page = scan_of([*(placed(VALVE, x, y) for x, y in copies), crossing])

    symbol = learn_pixels(page, Example(valve_box(40, 40), "valve"))

    assert symbol.notes == ()
    found = places(good(find_pixels(page, symbol).findings))
    assert set(copies[1:]) <= set(found) <= set(copies)


def test_an_example_that_nothing_resembles_is_told_with_what_to_do() -> None:
    page = scan_of([placed(VALVE, 40, 40), placed(PUMP, 150, 130)])

    (note,) = learn_pixels(page, Example(valve_box(40, 40), "valve")).notes

    assert note.startswith("fewer than 3 places near the box of 'valve' agree with it")
    assert "draw the box round one that no letters or lines cross" in note


def test_a_rejected_look_alike_is_withheld_with_the_reason() -> None:
    alike = [(40, 130), (100, 130), (160, 130)]
    page = scan_of(
        [*(placed(VALVE, x, y) for x, y in COPIES), *(placed(BARE_VALVE, x, y) for x, y in alike)]
    )
    symbol = learn_pixels(page, Example(valve_box(40, 40), "valve"))

    symbol = with_pixel_reject(page, symbol, valve_box(40, 130))

    finds = find_pixels(page, symbol).findings
    assert places(good(finds)) == COPIES
    assert {find.withheld for find in finds if find.score >= 0.5} <= {
        "",
        "looks like a counter-example",
    }


def test_a_reject_where_nothing_resembles_the_symbol_changes_nothing() -> None:
    page = scan_of([placed(VALVE, x, y) for x, y in COPIES])
    symbol = learn_pixels(page, Example(valve_box(40, 40), "valve"))

    assert with_pixel_reject(page, symbol, Box(200, 120, 220, 140)) is symbol


@pytest.mark.parametrize(
    ("box", "problem"),
    [
        (Box(150, 150, 170, 170), "nearly none"),
        (Box(150, 150, 152, 152), "needs 8 pixels; the box of 'valve' has 4"),
        (Box(290, 150, 310, 170), "which has 300 x 200 points"),
    ],
)
def test_an_example_that_cannot_be_searched_with_is_refused(box: Box, problem: str) -> None:
    page = scan_of([placed(VALVE, 40, 40)])

    with pytest.raises(PoorExample, match=problem):
        learn_pixels(page, Example(box, "valve"))


def test_a_page_smaller_than_the_symbol_has_no_finds() -> None:
    page = scan_of([placed(VALVE, x, y) for x, y in COPIES])
    symbol = learn_pixels(page, Example(valve_box(40, 40), "valve"))

    small = ScannedPage(grey=np.full((20, 20), 228, np.uint8), pixel=0.5)

    assert find_pixels(small, symbol).findings == ()
