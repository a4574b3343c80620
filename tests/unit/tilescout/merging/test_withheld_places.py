"""Withheld places of tiles become those of the page, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.counted_work import calls_of
from tilescout.detections import Answer, Detection, WithheldSeen, Word
from tilescout.geometry import Box, ios
from tilescout.ledger import PageRow
from tilescout.merging.withheld_places import withheld_places, withheld_warnings
from tilescout.profiles import Profile
from tilescout.sheet_layout.layout import SheetLayout

PAGE = PageRow(page=3, width_px=100, height_px=100, dpi=72)
PROFILE = Profile(name="like", detector="example", dpi=72, tile_size=100, overlap=0)


def seen(left: float, confidence: float, width: float = 20, label: str = "valve") -> WithheldSeen:
    box = Box(left, 0, left + width, 20)
    return WithheldSeen(label=label, confidence=confidence, box=box, reason="its score is low")


def answer(tile: int, *withheld: WithheldSeen) -> Answer:
    return Answer(tile=tile, tile_box=Box(0, 0, 100, 100), withheld=withheld)


def places(
    answers: list[Answer], found: Sequence[Detection] = (), labels: tuple[str, ...] = ()
) -> tuple[WithheldSeen, ...]:
    return withheld_places(answers, found, PAGE, replace(PROFILE, labels=labels), SheetLayout())


def test_a_place_that_two_tiles_withhold_is_told_once_as_the_surer_one_saw_it() -> None:
    answers = [answer(0, seen(10, 30), seen(60, 45)), answer(1, seen(12, 40))]

    assert [(e.box.left, e.confidence) for e in places(answers)] == [
        (60, 45),
        (12, 40),
    ]


def test_a_place_of_which_another_tile_shows_a_whole_detection_is_not_withheld() -> None:
    found = Detection(page=1, label="valve", confidence=90, box=Box(10, 0, 30, 20))

    assert places([answer(0, seen(10, 30, width=8))], [found]) == ()


def test_places_of_labels_that_the_profile_does_not_ask_for_are_left_out() -> None:
    answers = [answer(0, seen(10, 30), seen(60, 45, label="pump"))]

    assert [each.label for each in places(answers, labels=("valve",))] == ["valve"]


@given(
    st.lists(st.integers(0, 80), max_size=6),
    st.lists(st.tuples(st.integers(0, 80), st.integers(1, 20), st.integers(0, 3)), max_size=12),
)
def test_no_place_is_told_of_which_more_than_half_is_taken(
    detections: list[int], withheld: list[tuple[int, int, int]]
) -> None:
    taken = [Box(left, 0, left + 20, 20) for left in detections]
    found = [Detection(page=1, label="valve", confidence=90, box=box) for box in taken]
    all_seen = [seen(left, confidence, width) for left, width, confidence in withheld]
    told = []
    for each in sorted(all_seen, key=lambda each: (-each.confidence, each.box)):
        if all(ios(each.box, box) <= 0.5 for box in taken):
            taken.append(each.box)
            told.append(each)

    assert places([answer(0, *all_seen)], found) == tuple(told)


def test_a_page_with_twice_the_places_takes_twice_the_work() -> None:
    def work(count: int) -> int:
        shown = [
            Detection(page=1, label="valve", confidence=90, box=Box(left, 0, left + 20, 20))
            for left in range(0, 60 * count, 60)
        ]
        withheld = [seen(left, 40) for left in range(30, 60 * count, 60)]
        wide = replace(PAGE, width_px=60 * count)
        profile = replace(PROFILE, labels=())
        return calls_of(
            lambda: withheld_places([answer(0, *withheld)], shown, wide, profile, SheetLayout())
        )

    assert work(400) < 2.2 * work(200)


def test_a_warning_counts_the_places_of_a_page() -> None:
    told = withheld_warnings(3, [seen(10, 30), seen(60, 45)])

    assert told[0].startswith("page 3: 2 places that resemble an example withheld")
    assert withheld_warnings(3, []) == ()


def unread(left: float, degrees: int = 30) -> WithheldSeen:
    told = replace(seen(left, 0, label="lettering"), reason=f"turned by about {degrees} degrees")
    return replace(told, confidence=0.0)


def test_lettering_that_was_not_read_is_told_whatever_labels_the_profile_asks_for() -> None:
    answers = [answer(0, unread(10)), answer(1, unread(12), unread(60))]

    assert [each.box.left for each in places(answers, labels=("valve",))] == [10, 60]


def test_lettering_that_another_tile_reads_is_not_told() -> None:
    word = Word(text="FIC-101", confidence=99, box=Box(8, 0, 34, 20), line=0)
    other = Answer(tile=1, tile_box=Box(0, 0, 100, 100), words=(word,))

    assert places([answer(0, unread(10)), other]) == ()


def test_twice_the_lettering_and_words_of_a_page_take_twice_the_work() -> None:
    def work(count: int) -> int:
        words = tuple(
            Word(text="FV-1", confidence=99, box=Box(left, 0, left + 20, 20), line=0)
            for left in range(0, 60 * count, 60)
        )
        read = Answer(tile=1, tile_box=Box(0, 0, 100, 100), words=words)
        answers = [answer(0, *(unread(left) for left in range(30, 60 * count, 60))), read]
        wide = replace(PAGE, width_px=60 * count)
        return calls_of(lambda: withheld_places(answers, [], wide, PROFILE, SheetLayout()))

    assert work(400) < 2.2 * work(200)


def test_a_warning_counts_the_lettering_that_was_not_read_by_its_angle() -> None:
    told = withheld_warnings(3, [unread(10), unread(40), unread(60, 45), seen(80, 30)])

    assert told == (
        "2 places of page 3 look like lettering that was not read (turned by about 30 degrees); "
        "`withheld` of detections.json tells where",
        "1 place of page 3 looks like lettering that was not read (turned by about 45 degrees); "
        "`withheld` of detections.json tells where",
        "page 3: 1 place that resembles an example withheld; `withheld` of detections.json tells "
        "why",
    )
