"""What an evaluation says, as one JSON object: the ground of the console's tables and the HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from tilescout_evaluate.metrics import misses, objects, snippets, text
from tilescout_evaluate.metrics.counts import Counts, total
from tilescout_evaluate.metrics.matching import ObjectPage
from tilescout_evaluate.metrics.misses import Miss
from tilescout_evaluate.metrics.objects import Grid, ObjectScores
from tilescout_evaluate.metrics.snippets import SnippetPage
from tilescout_evaluate.metrics.text_pages import TextPage
from tilescout_evaluate.truth.pages import Kind

NOTHING = "(nothing)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """``figures`` are what a threshold can be set on, 0 to 1; ``body`` is for JSON, with what is
    known by page, or by tile where a tile is the ``unit``."""

    kind: Kind
    figures: dict[str, float]
    body: dict[str, Any]
    misses: tuple[Miss, ...]
    warnings: tuple[str, ...] = field(default_factory=tuple)
    unit: Literal["page", "tile"] = "page"

    def with_warnings(self, more: Sequence[str]) -> Evaluation:
        return replace(self, warnings=(*self.warnings, *more))

    def shown(self) -> dict[str, Any]:
        """The whole report for JSON."""
        return {
            "kind": self.kind,
            "figures": {name: round(value, 4) for name, value in self.figures.items()},
            **self.body,
            "warnings": list(self.warnings),
            "worst": [_miss(each) for each in self.misses],
        }


def of_objects(
    pages: Sequence[ObjectPage], labels: Sequence[str], grid: Grid | None, least: float = 0.0
) -> Evaluation:
    """``least`` as in `objects.evaluate`. Raises NotInstalled without faster-coco-eval."""
    scores = objects.evaluate(pages, labels, grid, least)
    pages = [page.above(least) for page in pages]
    worst = misses.of_objects([objects.judged(page) for page in pages], labels)
    return Evaluation(
        kind="objects",
        figures=_ratios(scores.at[objects.MATCH_IOU]) | {"map": scores.precision.at_half},
        body=_object_body(scores) | {"pages": _object_pages(pages)},
        misses=tuple(worst),
    )


def _object_body(scores: ObjectScores) -> dict[str, Any]:
    precision = scores.precision
    by_label = {
        name: {**counts.shown(), "average_precision": _rounded(precision.by_label.get(name))}
        for name, counts in scores.by_label.items()
    }
    names = [*scores.labels, NOTHING]
    return {
        "at_iou": {f"{step:g}": counts.shown() for step, counts in scores.at.items()},
        "mean_average_precision": {
            "at_0.5": round(precision.at_half, 4),
            "at_0.5_to_0.95": round(precision.at_all, 4),
        },
        "by_label": by_label,
        "by_size": _shown(scores.by_size),
        "by_size_to_tile": _shown(scores.by_tile),
        "by_seam": _shown(scores.by_seam),
        "defects": asdict(scores.defects),
        "confusion": {"names": names, "rows": scores.confusion.tolist()},
        "curves": {name: asdict(curve) for name, curve in scores.curves.items()},
    }


def _object_pages(pages: Sequence[ObjectPage]) -> dict[str, Any]:
    judged = [objects.judged(page) for page in pages]
    return {
        each.page.name: Counts(
            objects=len(each.page.true_boxes),
            found=int(each.counts.sum()),
            right=int((each.owners >= 0).sum()),
        ).shown()
        for each in judged
    }


def of_text(pages: Sequence[TextPage]) -> Evaluation:
    by_page = {page.name: text.compare(page) for page in pages}
    every = text.total(by_page.values())
    figures = {name: getattr(every, name) for name in ("precision", "recall", "f1")}
    return Evaluation(
        kind="text",
        figures=figures | {"cer": every.character_error_rate},
        body={
            "total": every.shown(),
            "pages": {name: each.shown() for name, each in by_page.items()},
        },
        misses=tuple(misses.of_text(pages)),
    )


def of_snippets(pages: Sequence[SnippetPage]) -> Evaluation:
    matches = [snippets.match(page) for page in pages]
    by_label = snippets.in_total(matches)
    every = [(page.name, each) for page, each in zip(pages, matches, strict=True)]
    return Evaluation(
        kind="snippets",
        figures=_ratios(total(by_label.values())),
        body={
            "total": total(by_label.values()).shown(),
            "by_label": _shown(by_label),
            "pages": {name: total(each.counts.values()).shown() for name, each in every},
            "misread": [[tag.text, read.text] for _, m in every for tag, read in m.misread],
            "missed": [[name, tag.text] for name, m in every for tag in m.missed],
            "wrong": [[name, tag.text] for name, m in every for tag in m.wrong],
        },
        misses=tuple(misses.of_snippets(pages, matches)),
    )


def _ratios(counts: Counts) -> dict[str, float]:
    return {"precision": counts.precision, "recall": counts.recall, "f1": counts.f1}


def _shown(groups: Mapping[str, Counts]) -> dict[str, Any]:
    return {name: counts.shown() for name, counts in groups.items()}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _miss(miss: Miss) -> dict[str, Any]:
    box = miss.box
    sides = [round(side, 1) for side in (box.left, box.top, box.right, box.bottom)]
    return {"page": miss.page, "box_px": sides, "what": miss.what}
