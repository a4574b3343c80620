"""Puts an evaluation into one JSON object, from which the console's tables and the HTML are
made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from tilescout_evaluate.metrics import misses, objects, snippets
from tilescout_evaluate.metrics.counts import Counts, total
from tilescout_evaluate.metrics.matching import ObjectPage
from tilescout_evaluate.metrics.misses import Miss
from tilescout_evaluate.metrics.objects import Grid, ObjectScores
from tilescout_evaluate.metrics.snippets import SnippetPage
from tilescout_evaluate.metrics.text import accuracy as text
from tilescout_evaluate.metrics.text.pages import TextPage
from tilescout_evaluate.truth.pages import Kind

NOTHING = "(nothing)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """An evaluation; a threshold can be set on ``figures`` (0 to 1). ``body`` is for JSON and holds
    figures by page, or by tile if the ``unit`` is a tile."""

    kind: Kind
    figures: dict[str, float]
    body: dict[str, Any]
    misses: tuple[Miss, ...]
    warnings: tuple[str, ...] = field(default_factory=tuple)
    unit: Literal["page", "tile"] = "page"

    def with_warnings(self, more: Sequence[str]) -> Evaluation:
        return replace(self, warnings=(*self.warnings, *more))

    def to_json(self) -> dict[str, Any]:
        """Returns the whole report for JSON."""
        return {
            "kind": self.kind,
            "figures": {name: round(value, 4) for name, value in self.figures.items()},
            **self.body,
            "warnings": list(self.warnings),
            "worst": [_miss_to_json(miss) for miss in self.misses],
        }


def of_objects(
    pages: Sequence[ObjectPage],
    labels: Sequence[str],
    grid: Grid | None,
    min_confidence: float = 0.0,
) -> Evaluation:
    """Evaluates objects with ``min_confidence`` as in `objects.evaluate`.

    Raises NotInstalled without faster-coco-eval.
    """
    scores = objects.evaluate(pages, labels, grid, min_confidence)
    pages = [page.above(min_confidence) for page in pages]
    worst = misses.of_objects([objects.match_page(page) for page in pages], labels)
    return Evaluation(
        kind="objects",
        figures=_ratios(scores.at[objects.MATCH_IOU]) | {"map": scores.precision.at_half},
        body=_object_body(scores) | {"pages": _object_pages(pages)},
        misses=tuple(worst),
    )


def _object_body(scores: ObjectScores) -> dict[str, Any]:
    precision = scores.precision
    by_label = {
        name: {**counts.to_json(), "average_precision": _rounded(precision.by_label.get(name))}
        for name, counts in scores.by_label.items()
    }
    names = [*scores.labels, NOTHING]
    return {
        "at_iou": {f"{step:g}": counts.to_json() for step, counts in scores.at.items()},
        "mean_average_precision": {
            "at_0.5": round(precision.at_half, 4),
            "at_0.5_to_0.95": round(precision.at_all, 4),
        },
        "by_label": by_label,
        "by_size": _counts_to_json(scores.by_size),
        "by_size_to_tile": _counts_to_json(scores.by_tile),
        "by_seam": _counts_to_json(scores.by_seam),
        "defects": asdict(scores.defects),
        "confusion": {"names": names, "rows": scores.confusion.tolist()},
        "curves": {name: asdict(curve) for name, curve in scores.curves.items()},
    }


def _object_pages(pages: Sequence[ObjectPage]) -> dict[str, Any]:
    return {page.name: objects.match_page(page).to_counts().to_json() for page in pages}


def of_text(pages: Sequence[TextPage]) -> Evaluation:
    by_page = {page.name: text.compare(page) for page in pages}
    every = text.total(by_page.values())
    figures = {name: getattr(every, name) for name in ("precision", "recall", "f1")}
    return Evaluation(
        kind="text",
        figures=figures | {"cer": every.character_error_rate},
        body={
            "total": every.to_json(),
            "pages": {name: part.to_json() for name, part in by_page.items()},
        },
        misses=tuple(misses.of_text(pages)),
    )


def of_snippets(pages: Sequence[SnippetPage]) -> Evaluation:
    matches = [snippets.match(page) for page in pages]
    by_label = snippets.in_total(matches)
    every = [(page.name, match) for page, match in zip(pages, matches, strict=True)]
    return Evaluation(
        kind="snippets",
        figures=_ratios(total(by_label.values())),
        body={
            "total": total(by_label.values()).to_json(),
            "by_label": _counts_to_json(by_label),
            "pages": {name: total(part.counts.values()).to_json() for name, part in every},
            "misread": [[tag.text, read.text] for _, m in every for tag, read in m.misread],
            "missed": [[name, tag.text] for name, m in every for tag in m.missed],
            "wrong": [[name, tag.text] for name, m in every for tag in m.wrong],
        },
        misses=tuple(misses.of_snippets(pages, matches)),
    )


def _ratios(counts: Counts) -> dict[str, float]:
    return {"precision": counts.precision, "recall": counts.recall, "f1": counts.f1}


def _counts_to_json(groups: Mapping[str, Counts]) -> dict[str, Any]:
    return {name: counts.to_json() for name, counts in groups.items()}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _miss_to_json(miss: Miss) -> dict[str, Any]:
    box = miss.box
    sides = [round(side, 1) for side in (box.left, box.top, box.right, box.bottom)]
    return {"page": miss.page, "box_px": sides, "what": miss.what}
