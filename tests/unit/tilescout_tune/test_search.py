"""The search for settings, on accuracies that are known by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilescout.profiles import Profile
from tilescout_tune.candidates import Candidate, SearchSpace
from tilescout_tune.preference import Preference, Score, pareto
from tilescout_tune.search import Search
from tilescout_tune.search_space import build_search_space

BASE = Profile(name="p", detector="onnx", dpi=150, tile_size=1024, overlap=128)
VALUES = {"dpi": [75, 150, 300], "tile_size": [512, 1024, 2048], "overlap": [32, 128]}
WHOLE = build_search_space(BASE, VALUES)
BEST = {"dpi": 150, "tile_size": 512, "overlap": 32}
DEAREST = BEST | {"dpi": 300, "overlap": 128}


def calls(candidate: Candidate, page: int) -> tuple[int, ...]:
    """Returns the tiles of a page of 3,000 px at 150 dpi; a second scale has a quarter of them."""
    values = {"tile_size": 1024, "overlap": 128} | dict(candidate.values)
    across = 20 * values["dpi"] / (values["tile_size"] - values["overlap"])
    own = max(1, round(across) ** 2)
    return (own, max(1, own // 4)) if values.get("second_scale") else (own,)


class Sheets:
    """Sheets whose F1 falls by a step for each value that is not the best; every measurement is
    counted."""

    def __init__(self, best=BEST, step=0.1):
        self.best, self.step = best, step
        self.measured = set()

    def measure(self, candidate: Candidate, pages: tuple[int, ...]) -> Score:
        self.measured |= {(candidate, page) for page in pages}
        wrong = sum(candidate[name] != value for name, value in self.best.items())
        f1 = 1 - self.step * wrong
        tiles = sum(calls(candidate, 0))
        return Score(candidate=candidate, pages=pages, precision=f1, recall=f1, f1=f1,
                     usd=0.001 * tiles, calls=tiles)  # fmt: skip

    def calls(self) -> int:
        """Counts tiles; as many tiles are the same tiles whatever their overlap, and are sent
        once."""
        tilings = {(candidate["dpi"], candidate["tile_size"], page, scale, count)
                   for candidate, page in self.measured
                   for scale, count in self.scales(candidate, page)}  # fmt: skip
        return sum(count for *_, count in tilings)

    def scales(self, candidate: Candidate, page: int):
        """Calls by scale: those of the page's own serve every second scale."""
        own, *coarse = calls(candidate, page)
        return [("own", own), *((dict(candidate.values)["second_scale"], c) for c in coarse)]


def search(sheets: Sheets, whole: SearchSpace = WHOLE, pages: int = 6, **options) -> Search:
    return Search(space=whole, pages=tuple(range(pages)), measure=sheets.measure, calls=calls,
                  **options)  # fmt: skip


def test_the_best_setting_is_found_on_all_pages_with_a_third_of_the_calls():
    sheets = Sheets()
    tried = search(sheets)
    tried.run()

    assert dict(tried.best().candidate.values) == BEST
    assert len(tried.best().pages) == 6
    assert sheets.calls() <= tried.exhaustive_calls() / 3


def test_the_best_is_chosen_on_few_pages_where_it_is_too_dear_for_all():
    sheets = Sheets(DEAREST)
    tried = search(sheets)
    tried.run()

    assert dict(tried.best().candidate.values) == DEAREST
    assert sheets.calls() <= tried.exhaustive_calls() / 3


@given(
    best=st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()}),
    start=st.sampled_from(WHOLE.candidates),
)
def test_wherever_the_best_lies_and_the_search_begins_it_is_found(best, start):
    sheets = Sheets(best)
    tried = search(sheets, replace(WHOLE, base=start))
    tried.run()

    assert tried.best().f1 == 1.0


@given(effort=st.floats(0.05, 1), pages=st.integers(1, 8))
def test_no_more_calls_than_allowed_are_made(effort, pages):
    sheets = Sheets()
    tried = search(sheets, pages=pages, effort=effort)
    tried.run()

    assert sheets.calls() <= max(48, effort * tried.exhaustive_calls())


def test_a_better_input_scale_is_found_where_no_dpi_alone_is_better():
    whole = build_search_space(BASE, {"input_scale": [0.5, 2]})
    tried = search(Sheets({"dpi": 300, "tile_size": 2048, "overlap": 256}), whole)
    tried.run()

    assert dict(tried.best().candidate.values) == {"dpi": 300, "tile_size": 2048, "overlap": 256}


def test_values_of_words_and_numbers_are_searched_together():
    whole = build_search_space(BASE, {"dpi": [75, 300], "second_scale": [0.5, "page"]})
    tried = search(Sheets({"dpi": 75}), whole)
    tried.run()

    assert tried.best().candidate["dpi"] == 75


def test_of_settings_alike_the_cheapest_is_chosen():
    sheets = Sheets(step=0.0)
    tried = search(sheets)
    tried.run()

    assert tried.best().candidate["dpi"] == 75


def test_the_cheapest_that_reaches_a_recall_is_chosen():
    sheets = Sheets()
    tried = search(sheets, preference=Preference(min_recall=0.85))
    tried.exhaustive()

    best = tried.best()
    assert best.recall == pytest.approx(0.9)
    assert best.usd == min(s.usd for s in tried.scores.values() if s.recall >= 0.85)


def test_where_no_setting_reaches_the_recall_the_nearest_is_chosen():
    sheets = Sheets(best=BEST | {"dpi": 1})
    tried = search(sheets, preference=Preference(min_recall=0.95))
    tried.exhaustive()

    assert tried.best().recall == pytest.approx(0.9)


def test_the_pareto_set_has_nothing_that_another_equals_for_less():
    every = [score(0.5, 1), score(0.9, 3), score(0.8, 4), score(0.95, 9), score(0.5, 2)]

    assert [(each.f1, each.usd) for each in pareto(every)] == [(0.5, 1), (0.9, 3), (0.95, 9)]


def score(f1: float, usd: float) -> Score:
    return Score(candidate=WHOLE.base, pages=(0,), precision=f1, recall=f1, f1=f1, usd=usd,
                 calls=1)  # fmt: skip


def test_an_interrupted_search_knows_what_it_has_seen():
    sheets = Sheets()
    seen = []

    def measure(candidate, pages):
        if len(seen) == 4:
            raise KeyboardInterrupt
        seen.append(candidate)
        return sheets.measure(candidate, pages)

    tried = Search(space=WHOLE, pages=(0, 1), measure=measure, calls=calls)
    with pytest.raises(KeyboardInterrupt):
        tried.run()
    assert len(tried.scores) == 4
    assert tried.best().f1 == max(each.f1 for each in tried.scores.values())


def test_tiles_of_the_first_scale_count_once_for_all_second_scales():
    whole = build_search_space(BASE, {"dpi": [300], "second_scale": [0.25, 0.5, "page"]})

    # At 150 dpi 9 tiles and 2 coarse ones for each second scale, at 300 dpi 49 and 12.
    assert search(Sheets({}), whole, pages=2).exhaustive_calls() == 2 * (9 + 3 * 2 + 49 + 3 * 12)


@settings(max_examples=40, deadline=None)
@given(
    start=st.sampled_from(
        build_search_space(BASE, VALUES | {"second_scale": [0.25, 0.5, "page"]}).candidates
    )
)
def test_a_second_scale_that_is_good_with_other_tiles_only_is_found(start):
    whole = build_search_space(BASE, VALUES | {"second_scale": [0.25, 0.5, "page"]})
    best = {"dpi": 150, "tile_size": 512, "second_scale": 0.25}

    class Together(Sheets):
        def measure(self, candidate, pages):
            """Scores larger tiles better without this second scale."""
            score = super().measure(candidate, pages)
            is_best = all(candidate[name] == value for name, value in best.items())
            return replace(score, f1=1.0) if is_best else score

    sheets = Together({"dpi": 150, "tile_size": 2048, "second_scale": "page", "overlap": 1})
    tried = search(sheets, replace(whole, base=start))
    tried.run()

    assert tried.best().f1 == 1.0
    assert sheets.calls() <= tried.exhaustive_calls() / 3
