"""One setting on some pages: rendered, asked, merged as a run does it, and scored."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tilescout.intake.planning import plan_document
from tilescout.pricing import PriceTable
from tilescout.profiles import Profile
from tilescout.rendering.requests import DocumentFacts
from tilescout_tune.answer_cache import KeptAnswers, NamedDetector
from tilescout_tune.candidates import Candidate
from tilescout_tune.evaluated_page import Looked, Subject
from tilescout_tune.preference import Score
from tilescout_tune.scoring import Scale
from tilescout_tune.tile_seconds import timed


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """``detectors`` by the name that a profile has for them."""

    subjects: tuple[Subject, ...]
    base: Profile
    scale: Scale
    detectors: Mapping[str, NamedDetector]
    kept: KeptAnswers
    prices: PriceTable

    def calls(self, candidate: Candidate, at: int) -> tuple[int, ...]:
        """Tiles of the page at each scale, blank ones too: so many calls at most."""
        profile = replace(
            candidate.profile(self.base),
            text_layer="off",
            budget_usd=math.inf,
            max_tiles_per_document=sys.maxsize,
        )
        facts = DocumentFacts(pages=(self.subjects[at].facts,), page_count=1, warnings=())
        (page,) = plan_document(facts, profile, self.prices).pages
        own = page.tiles - page.coarse_tiles
        return (own, page.coarse_tiles) if page.coarse_tiles else (own,)

    def measure(self, candidate: Candidate, pages: tuple[int, ...]) -> Score:
        """Raises what rendering and the detector raise."""
        profile = self._timed(candidate)
        seen = [self._look(self.subjects[at], profile) for at in pages]
        calls = sum(answer.calls for each in seen for answer in each.answers)
        right, floors = self.scale.weigh(seen, profile)
        is_as_base = profile.seconds_per_tile == self.base.seconds_per_tile
        return Score(
            candidate=candidate,
            pages=pages,
            precision=right.precision,
            recall=right.recall,
            f1=right.f1,
            usd=self._usd(profile, calls / len(pages)),
            calls=calls / len(pages),
            floors=tuple(sorted(floors.items())),
            seconds_per_tile=None if is_as_base else profile.seconds_per_tile,
        )

    def _timed(self, candidate: Candidate) -> Profile:
        profile = candidate.profile(self.base)
        return timed(profile, self.base, self.detectors[profile.detector])

    def _look(self, subject: Subject, profile: Profile) -> Looked:
        page = self.kept.page(subject.pdf, subject.page, profile)
        return Looked(subject, page, self.kept.answers(page, self.detectors[profile.detector]))

    def _usd(self, profile: Profile, tiles: float) -> float:
        """Dollars a page while a run goes on: starting and stopping a model come on top."""
        each = self.prices.tile() + self.prices.tile_call(profile)
        if profile.needs_model:
            each += self.prices.model_time(1, 1 / profile.tiles_per_second_per_unit)
        return self.prices.page() + tiles * each


def by_objects(subjects: Sequence[Subject]) -> tuple[int, ...]:
    """Places of the subjects, first those that tell most: many objects of many labels."""

    def tells(at: int) -> tuple[int, int]:
        items = subjects[at].truth.items
        return -len({item.label for item in items}), -len(items)

    return tuple(sorted(range(len(subjects)), key=tells))


def all_labels(subjects: Sequence[Subject]) -> tuple[str, ...]:
    return tuple(sorted({i.label for each in subjects for i in each.truth.items if i.label}))
