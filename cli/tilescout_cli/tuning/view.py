"""The output of `tilescout tune`: a table, the profile to paste, JSON, files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from tilescout_cli.evaluation.view import add, new_table
from tilescout_evaluate.report import plots
from tilescout_tune.candidates import merge_settings
from tilescout_tune.preference import Score
from tilescout_tune.search import Search

MAX_ROWS = 20
PAGES = 1000
SHORT = {"tile_size": "tile", "second_scale": "second"}
"""Heads of columns: figures of four fields fit 80 characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """The known scores, also of a search that ended early; ``ended`` tells why it did."""

    search: Search
    profile: str
    written: Mapping[str, Any]
    asked: int
    ended: str = ""

    @property
    def scores(self) -> list[Score]:
        """Returns the scores, those of most pages first, of these the better first."""
        return sorted(self.search.scores.values(), key=lambda s: (-len(s.pages), -s.f1, s.usd))

    def pasted(self) -> dict[str, Any]:
        """Returns the profile as it goes into cdk.json."""
        best = self.search.best()
        profile = merge_settings(self.written, best.fields)
        if best.floors:
            profile["min_confidence"] = dict(best.floors)
        return {self.profile: profile}

    def shown(self) -> dict[str, Any]:
        """Returns the members for JSON."""
        front = {each.candidate for each in self.search.front()}
        return {
            "complete": not self.ended,
            "calls_made": self.asked,
            "settings": [_shown(each, each.candidate in front) for each in self.scores],
            "best": _shown(self.search.best(), True),
            "profile": self.pasted(),
        }


def _shown(score: Score, is_on_front: bool) -> dict[str, Any]:
    return {
        **score.fields,
        "pages": len(score.pages),
        "precision": round(score.precision, 4),
        "recall": round(score.recall, 4),
        "f1": round(score.f1, 4),
        "calls_per_page": round(score.calls, 2),
        "usd_per_page": round(score.usd, 8),
        "pareto": is_on_front,
    }


def table(tuned: Tuned) -> Table:
    """Returns a table of at most 20 settings: the chosen one has >, the Pareto set *."""
    axes = tuned.search.space.fields
    heads = (SHORT.get(name, name) for name in axes)
    shown = new_table("", *heads, "pages", "P", "R", "F1", "calls", f"$/{PAGES} p.")
    front = {each.candidate for each in tuned.search.front()}
    best = tuned.search.best()
    for score in tuned.scores[:MAX_ROWS]:
        mark = ">" if score is best else "*" if score.candidate in front else ""
        values = [score.candidate[name] for name in axes]
        ratios = (score.precision, score.recall, score.f1)
        add(shown, mark, *values, len(score.pages), *(f"{v:.3f}" for v in ratios),
            f"{score.calls:.1f}", f"{PAGES * score.usd:.2f}")  # fmt: skip
    return shown


def write(tuned: Tuned, folder: Path) -> Sequence[Path]:
    """Writes tune.json, and tune.svg where matplotlib is installed. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    report = folder / "tune.json"
    report.write_text(json.dumps(tuned.shown(), indent=1) + "\n")
    if not plots.is_available():
        return [report]
    picture = folder / "tune.svg"
    points = [(s.usd, s.f1, str(s.candidate)) for s in tuned.scores]
    front = [(s.usd, s.f1, str(s.candidate)) for s in tuned.search.front()]
    picture.write_text(plots.cost_and_accuracy(points, front), encoding="utf-8")
    return [report, picture]
