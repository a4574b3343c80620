"""Pairs results with ground truth page by page, in page pixels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tilescout.detections import Word
from tilescout.geometry import POINTS_PER_INCH, Box
from tilescout.neighbours import sides_of
from tilescout.tiling.grid import TileGrid
from tilescout_evaluate.metrics.matching import Floats, Ints, ObjectPage, no_boxes
from tilescout_evaluate.metrics.objects import Grid
from tilescout_evaluate.metrics.snippets import Snippet, SnippetPage
from tilescout_evaluate.metrics.text.pages import TextDetection, TextPage
from tilescout_evaluate.truth.pages import TrueItem, TruePage, UnusableTruth
from tilescout_evaluate.truth.results import ResultDetection, ResultDocument, ResultPage


@dataclass(frozen=True, slots=True)
class Pair:
    """A page of a result with its ground truth; ``alias`` replaces the name made of file and
    number."""

    document: ResultDocument
    found: ResultPage
    truth: TruePage
    alias: str = ""

    @property
    def name(self) -> str:
        return self.alias or f"{self.document.file} p{self.found.page}"

    @property
    def detections(self) -> list[ResultDetection]:
        return self.document.on_page(self.found.page)

    def box_px(self, box: Box) -> Box:
        """Returns a box of the truth in page px."""
        if not self.truth.width:
            return box.scale(self.found.dpi / POINTS_PER_INCH)
        across = self.found.width_px / self.truth.width
        down = self.found.height_px / self.truth.height
        return Box(box.left * across, box.top * down, box.right * across, box.bottom * down)


@dataclass(frozen=True, slots=True)
class Paired:
    """The pairs; ``warnings`` tell what was left out and why."""

    pairs: tuple[Pair, ...]
    warnings: tuple[str, ...]


def paired(
    documents: Sequence[ResultDocument],
    truth: Sequence[TruePage],
    only: frozenset[int] | None = None,
) -> Paired:
    """Pairs by file name and page; the names do not matter if there is one file on each side.

    ``only`` are pages that were annotated, some perhaps with nothing on them. Raises UnusableTruth
    if no page has a partner.
    """
    files = sorted({page.file.name for page in truth})
    by_name = len(documents) > 1 or len(files) > 1
    pairs, warnings = [], []
    for document in documents:
        mine = {page.page: page for page in truth if not by_name or page.file.name == document.file}
        if only is not None and (mine or not by_name) and truth:
            file = next(iter(mine.values()), truth[0]).file
            mine = {at: mine.get(at, TruePage(file=file, page=at)) for at in sorted(only)}
        both = sorted(mine.keys() & document.pages.keys())
        pairs += [Pair(document, document.pages[at], mine[at]) for at in both]
        warnings += _left_out(document, mine.keys() - document.pages.keys(),
                              document.pages.keys() - mine.keys())  # fmt: skip
    if not pairs:
        raise UnusableTruth(
            f"ground truth and results must be of the same pages; the truth is of "
            f"{', '.join(files) or 'no page'}, the results of "
            f"{', '.join(sorted(result.file for result in documents))}; name the files alike"
        )
    return Paired(tuple(pairs), tuple(warnings))


def _left_out(document: ResultDocument, unseen: set[int], unknown: set[int]) -> list[str]:
    found = []
    if unseen:
        found.append(
            f"{document.file}: page {_some(unseen)} has ground truth and was not processed"
        )
    if unknown:
        found.append(
            f"{document.file}: page {_some(unknown)} has no ground truth and is left out; "
            "name annotated pages with --pages"
        )
    return found


def _some(numbers: set[int]) -> str:
    shown = ", ".join(map(str, sorted(numbers)[:5]))
    return shown if len(numbers) <= 5 else f"{shown} and {len(numbers) - 5} more"


@dataclass(frozen=True, slots=True)
class ObjectPages:
    """The pages with labels as numbers; ``others`` counts detections of labels absent from the
    truth."""

    pages: tuple[ObjectPage, ...]
    labels: tuple[str, ...]
    others: Counter[str]

    def warnings(self) -> tuple[str, ...]:
        """Returns what was left out."""
        if not self.others:
            return ()
        names = ", ".join(f"{label} ({count})" for label, count in self.others.most_common(5))
        return (
            f"detections of labels that are absent from the truth are left out: {names}; count "
            "them with --label",
        )


def object_pages(
    pairs: Sequence[Pair], labels: Sequence[str] = (), grid: Grid | None = None
) -> ObjectPages:
    """Returns the boxes of ``labels``, or of those of the truth, with the tiles of ``grid``."""
    known = tuple(labels) or tuple(
        sorted({item.label for pair in pairs for item in pair.truth.items if item.label})
    )
    others = Counter(
        detection.label
        for pair in pairs
        for detection in pair.detections
        if detection.label not in known
    )
    return ObjectPages(tuple(_object_page(pair, known, grid) for pair in pairs), known, others)


def _object_page(pair: Pair, labels: tuple[str, ...], grid: Grid | None) -> ObjectPage:
    items = [item for item in pair.truth.items if item.label in labels]
    found = [detection for detection in pair.detections if detection.label in labels]
    return ObjectPage(
        name=pair.name,
        size=(pair.found.width_px, pair.found.height_px),
        true_boxes=sides_of([pair.box_px(item.box) for item in items]),
        true_labels=_numbers([item.label for item in items], labels),
        boxes=np.array([detection.box_px for detection in found], dtype=np.float64).reshape(-1, 4),
        labels=_numbers([detection.label for detection in found], labels),
        confidences=np.array([detection.confidence for detection in found], dtype=np.float64),
        tiles=_tiles(pair.found, grid) if grid else no_boxes(),
        ignored=sides_of([pair.box_px(box) for box in pair.truth.ignored]),
    )


def _numbers(names: Sequence[str], labels: tuple[str, ...]) -> Ints:
    return np.array([labels.index(name) for name in names], dtype=np.int64)


def _tiles(page: ResultPage, grid: Grid) -> Floats:
    tiles = TileGrid(grid.tile_size, grid.overlap).tiles(page.width_px, page.height_px)
    return sides_of([tile.box for tile in tiles])


def text_pages(pairs: Sequence[Pair]) -> tuple[TextPage, ...]:
    return tuple(
        TextPage(
            pair.name,
            tuple(_word(pair, item, at) for at, item in enumerate(pair.truth.items) if item.text),
            tuple(
                TextDetection(detection.text, Box(*detection.box_px))
                for detection in pair.detections
                if detection.text
            ),
        )
        for pair in pairs
    )


def _word(pair: Pair, item: TrueItem, at: int) -> Word:
    return Word(
        text=item.text,
        confidence=100.0,
        box=pair.box_px(item.box),
        line=item.line if item.line >= 0 else -2 - at,
        direction=item.direction,
    )


def snippet_pages(pairs: Sequence[Pair], labels: Sequence[str] = ()) -> tuple[SnippetPage, ...]:
    """Returns the tags of ``labels``, or all."""
    return tuple(
        SnippetPage(
            pair.name,
            tuple(
                Snippet(item.text, item.label, pair.box_px(item.box))
                for item in pair.truth.items
                if item.text and (not labels or item.label in labels)
            ),
            tuple(
                _detected_snippet(detection)
                for detection in pair.detections
                if detection.text and (not labels or detection.label in labels)
            ),
        )
        for pair in pairs
    )


def _detected_snippet(detection: ResultDetection) -> Snippet:
    text = detection.normalised_text or detection.text
    return Snippet(text, detection.label, Box(*detection.box_px), detection.confidence)
