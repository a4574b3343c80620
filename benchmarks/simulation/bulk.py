"""Many pages at once, simulated turn by turn: too many tiles to follow each of them.

A run's decisions are the project's own (units, pacing, ends); between two looks of the loop the
tiles flow at the smallest of the rates that limit them.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace

from benchmarks.simulation.custom_labels import CALLS_PER_SECOND
from benchmarks.simulation.tilescout_system.hint_spread import EVENLY
from tilescout.detector_kinds import DetectorName
from tilescout.handlers.run_steps.claims import CLAIMS_PER_TURN, MAX_OPEN_CLAIMS
from tilescout.pricing import PriceTable
from tilescout.runs.merge_pacing import HINTS_PER_TURN

HOUR = 3600
PAGES_PER_DOCUMENT = 10
STEP_SECONDS = 1.0
STOP_SECONDS = 75
"""A minute of STOPPING, seen at the next look."""
CLOSE_SECONDS = 5
TRANSITIONS_A_TURN = 3
MAX_RUNS = 2000
DETECTOR: DetectorName = "custom-labels"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """``pages`` uploaded at once; times in seconds. ``units`` 0 lets each run plan them.

    ``latency`` is that of one detect_tile invocation, ``tiling`` and ``merging`` of one page.
    """

    pages: int
    units: int = 0
    max_units: int = 2
    deadline_minutes: int = 60
    budget_usd: float = 25.0
    assumed_rate: float = 1.0
    tiles_per_page: int = 24
    rate_per_unit: float = 2.8
    start: float = 900
    latency: float = 1.0
    detect_concurrency: int = 40
    tiling: float = 4.0
    tiling_concurrency: int = 1000
    merging: float = 4.0
    merge_concurrency: int = 10
    evenly: bool = EVENLY


@dataclass(slots=True, kw_only=True)
class Came:
    """The outcome of a case. ``seconds`` are by their purpose, ``ends`` counts runs by reason."""

    finished: float = 0.0
    up_unit_seconds: float = 0.0
    starting_unit_seconds: float = 0.0
    runs: int = 0
    turns: int = 0
    units: set[int] = field(default_factory=set)
    seconds: dict[str, float] = field(default_factory=dict)
    ends: Counter[str] = field(default_factory=Counter)
    is_finished: bool = False

    def model_usd(self, *, starting_is_billed: bool = True) -> float:
        seconds = self.up_unit_seconds + starting_is_billed * self.starting_unit_seconds
        return PriceTable().model_time(1, seconds)

    def around_usd(self, case: Bulk) -> float:
        """Returns the price of all but the model: storage, queues, functions, tables, workflow."""
        prices = PriceTable()
        documents = math.ceil(case.pages / PAGES_PER_DOCUMENT)
        return (
            case.pages * (prices.page(DETECTOR) + case.tiles_per_page * prices.tile(DETECTOR))
            + documents * prices.document(DETECTOR)
            + self.turns * TRANSITIONS_A_TURN * prices.step_functions_transition
        )

    def usd_per_page(self, case: Bulk, *, starting_is_billed: bool = True) -> float:
        model = self.model_usd(starting_is_billed=starting_is_billed)
        return (model + self.around_usd(case)) / case.pages

    @property
    def why_more_runs(self) -> str:
        """Returns what ended runs before their last tile; empty if nothing did."""
        cut = {reason for reason in self.ends if reason != "every tile has ended"}
        return " and ".join(sorted(cut))

    @property
    def binds(self) -> str:
        """The limit that took most of the time."""
        return max(self.seconds, key=self.seconds.__getitem__)


def limits(case: Bulk, units: int) -> dict[str, float]:
    """Returns the tiles per second that each limit lets through while the model runs."""
    return {
        "units": units * case.rate_per_unit,
        "50 TPS": CALLS_PER_SECOND,
        "Lambda concurrency": case.detect_concurrency / case.latency,
    }


class Work:
    """The pages on their way: tiled, claimed, answered, merged."""

    def __init__(self, case: Bulk) -> None:
        self.case = case
        self.now = 0.0
        self.answered = 0.0
        self.claimed_documents = 0
        self.merged_pages = 0.0
        self.came = Came()

    @property
    def documents(self) -> int:
        return math.ceil(self.case.pages / PAGES_PER_DOCUMENT)

    @property
    def tiles_per_document(self) -> float:
        return self.case.pages * self.case.tiles_per_page / self.documents

    def queued_documents(self) -> int:
        """The number of documents whose pages are all tiled by now."""
        rate = self.case.tiling_concurrency / self.case.tiling
        done = max(0.0, self.now - self.case.tiling) * rate + self.case.tiling_concurrency
        pages = done if self.now >= self.case.tiling else 0.0
        return min(self.documents, int(pages / PAGES_PER_DOCUMENT) + (pages >= self.case.pages))

    @property
    def complete_documents(self) -> int:
        """The number of complete documents: tiles are sent by the age of their documents."""
        return int(self.answered / self.tiles_per_document + 1e-6)

    @property
    def open_tiles(self) -> float:
        """The tiles of claimed documents that are not answered."""
        return max(0.0, self.claimed_documents * self.tiles_per_document - self.answered)

    def claim(self) -> None:
        room = MAX_OPEN_CLAIMS - (self.claimed_documents - self.complete_documents)
        waiting = self.queued_documents() - self.claimed_documents
        self.claimed_documents += max(0, min(CLAIMS_PER_TURN, room, waiting))

    def merge(self, seconds: float) -> None:
        """Merges the pages of complete documents for which one turn sends hints."""
        complete = min(self.case.pages, self.complete_documents * PAGES_PER_DOCUMENT)
        able = self.case.merge_concurrency * seconds / self.case.merging
        self.merged_pages += min(float(complete) - self.merged_pages, HINTS_PER_TURN, able)

    def spend(self, seconds: float, on: str) -> None:
        self.now += seconds
        self.came.seconds[on] = self.came.seconds.get(on, 0.0) + seconds


def with_rate(case: Bulk, rate: float) -> Bulk:
    """Returns the case with a model that was measured before and answers at this rate."""
    return replace(case, rate_per_unit=rate, assumed_rate=rate)
