"""Tries one candidate on some pages: renders, detects and merges as a run does, and scores."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tilescout.intake.planning import plan_document
from tilescout.pricing import PriceTable
from tilescout.profiles import Profile
from tilescout.rendering.requests import DocumentFacts
from tilescout_tune.annotated_pages import TuningPage
from tilescout_tune.answer_cache import AnswerCache, NamedDetector
from tilescout_tune.candidates import Candidate
from tilescout_tune.evaluated_page import EvaluatedPage
from tilescout_tune.preference import Score
from tilescout_tune.scoring import Criterion
from tilescout_tune.setting_bounds import MAX_SECONDS_PER_TILE


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """The trials on ``pages``; ``detectors`` are by the name in the profile."""

    pages: tuple[TuningPage, ...]
    base: Profile
    criterion: Criterion
    detectors: Mapping[str, NamedDetector]
    cache: AnswerCache
    prices: PriceTable

    def calls(self, candidate: Candidate, at: int) -> tuple[int, ...]:
        """Returns the tiles of the page at each scale, blank ones included, so at most as many
        calls."""
        profile = replace(
            candidate.profile(self.base),
            text_layer="off",
            budget_usd=math.inf,
            max_tiles_per_document=sys.maxsize,
        )
        facts = DocumentFacts(pages=(self.pages[at].facts,), page_count=1, warnings=())
        (page,) = plan_document(facts, profile, self.prices).pages
        own = page.tiles - page.coarse_tiles
        return (own, page.coarse_tiles) if page.coarse_tiles else (own,)

    def measure(self, candidate: Candidate, pages: tuple[int, ...]) -> Score:
        """Returns the score of a candidate. Raises what rendering and the detector raise."""
        profile = self._profile(candidate)
        evaluated = [self._evaluated(self.pages[at], profile) for at in pages]
        calls = sum(answer.calls for page in evaluated for answer in page.answers)
        accuracy, floors = self.criterion.score(evaluated, profile)
        is_as_base = profile.seconds_per_tile == self.base.seconds_per_tile
        return Score(
            candidate=candidate,
            pages=pages,
            precision=accuracy.precision,
            recall=accuracy.recall,
            f1=accuracy.f1,
            usd=self._usd(profile, calls / len(pages)),
            calls=calls / len(pages),
            floors=tuple(sorted(floors.items())),
            seconds_per_tile=None if is_as_base else profile.seconds_per_tile,
        )

    def _profile(self, candidate: Candidate) -> Profile:
        profile = candidate.profile(self.base)
        return with_tile_seconds(profile, self.base, self.detectors[profile.detector])

    def _evaluated(self, page: TuningPage, profile: Profile) -> EvaluatedPage:
        rendered = self.cache.page(page.pdf, page.number, profile)
        answers = self.cache.answers(rendered, self.detectors[profile.detector])
        return EvaluatedPage(page, rendered, answers)

    def _usd(self, profile: Profile, tiles: float) -> float:
        """Returns the dollars per page while a run goes on, without starting and stopping a
        model."""
        per_tile = self.prices.tile(profile.detector) + self.prices.tile_call(profile)
        if profile.needs_model:
            per_tile += self.prices.model_time(1, 1 / profile.tiles_per_second_per_unit)
        return self.prices.page(profile.detector) + tiles * per_tile


def order_by_objects(pages: Sequence[TuningPage]) -> tuple[int, ...]:
    """Returns the indices of the pages, first those with many objects of many labels."""

    def richness(at: int) -> tuple[int, int]:
        items = pages[at].truth.items
        return -len({item.label for item in items}), -len(items)

    return tuple(sorted(range(len(pages)), key=richness))


def all_labels(pages: Sequence[TuningPage]) -> tuple[str, ...]:
    """Returns the labels of all pages, sorted."""
    return tuple(sorted({i.label for page in pages for i in page.truth.items if i.label}))


def with_tile_seconds(profile: Profile, base: Profile, detector: NamedDetector) -> Profile:
    """Returns ``profile`` with the time that a model takes for a tile of its size.

    The time of ``base`` is scaled with the pixels that the model processes, to three digits.
    """
    if detector.pixels is None:
        return profile
    more = detector.pixels(profile.tile_size) / detector.pixels(base.tile_size)
    if more == 1:
        return profile
    seconds = min(MAX_SECONDS_PER_TILE, more * base.seconds_per_tile)
    return replace(profile, seconds_per_tile=float(f"{seconds:.3g}"))
