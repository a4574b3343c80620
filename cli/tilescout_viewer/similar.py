"""Symbols like one that a person boxed, page by page, for the person to accept or reject."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tilescout.errors import TilescoutError
from tilescout.geometry import Box, iou
from tilescout_examples.boxes import BoxOnPage
from tilescout_examples.saved_profile import ProfilePlaces, SavedProfile, write_profile
from tilescout_examples.search import (
    PlacedFinding,
    SearchRequest,
    divided,
    example_notes,
    learn,
    search_page,
)
from tilescout_reviews.corrections import Sides

MIN_SCORE = 0.5
KNOWN_IOU = 0.5
"""A find that overlaps a known detection so much is no news."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamplePlace:
    """A box in points on a page of a document, which need not be the one that is searched."""

    document_id: str
    page: int
    box: Sides


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarRequest:
    """A search on one page, by places that show the symbol and places that it is not."""

    page: int
    label: str
    examples: tuple[ExamplePlace, ...]
    rejects: tuple[ExamplePlace, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """One find; ``score`` is 0 to 1, ``doubt`` says why it is withheld, empty where it is not."""

    box: Sides
    score: float
    doubt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarResult:
    """The finds of a page, and what a person should know of the examples and of the search."""

    finds: tuple[Similar, ...]
    notes: tuple[str, ...]


def find_similar(
    drawing: Path,
    request: SimilarRequest,
    drawing_of: Callable[[str], Path],
    known: Sequence[Sides] = (),
) -> SimilarResult:
    """Returns the finds of a page that are not among ``known``, the least sure first.

    ``drawing_of`` gives the drawing of a document that an example is on.

    Raises TilescoutError where the example cannot be used or the page cannot be searched.
    """
    search = _search(drawing, request, drawing_of)
    symbols = learn(search)
    outcome = search_page(drawing, request.page, symbols)
    if isinstance(outcome, str):
        raise TilescoutError(outcome)
    placed = [
        PlacedFinding(file=drawing, page=request.page, finding=each) for each in outcome.findings
    ]
    finds, withheld = divided(placed, MIN_SCORE)
    found = [_similar(each) for each in (*finds, *withheld)]
    new = [each for each in found if not _is_known(each, known)]
    of_examples = [note for _, _, note in example_notes(search, symbols)]
    return SimilarResult(
        finds=tuple(sorted(new, key=lambda each: each.score)),
        notes=tuple(dict.fromkeys([*of_examples, *outcome.notes])),
    )


def save_profile(
    name: str, request: SimilarRequest, drawing_of: Callable[[str], Path], places: ProfilePlaces
) -> SavedProfile:
    """Writes the search as a profile of the stack, as `tilescout find-like --save-profile` does.

    Raises TilescoutError where the name or an example cannot be used.
    """
    drawing = drawing_of(request.examples[0].document_id)
    symbols = learn(_search(drawing, request, drawing_of))
    return write_profile(symbols, name, MIN_SCORE, places)


def _search(
    drawing: Path, request: SimilarRequest, drawing_of: Callable[[str], Path]
) -> SearchRequest:
    return SearchRequest(
        examples=_boxes(request.examples, request.label, drawing_of),
        rejects=_boxes(request.rejects, request.label, drawing_of),
        files=(drawing,),
        least=MIN_SCORE,
    )


def _boxes(
    places: Sequence[ExamplePlace], label: str, drawing_of: Callable[[str], Path]
) -> tuple[BoxOnPage, ...]:
    return tuple(
        BoxOnPage(drawing_of(each.document_id), each.page, Box(*each.box), label) for each in places
    )


def _similar(placed: PlacedFinding) -> Similar:
    box = placed.finding.box
    return Similar(
        box=(box.left, box.top, box.right, box.bottom),
        score=placed.finding.score,
        doubt=placed.finding.withheld,
    )


def _is_known(found: Similar, known: Sequence[Sides]) -> bool:
    return any(iou(Box(*found.box), Box(*each)) >= KNOWN_IOU for each in known)
