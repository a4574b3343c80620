"""Everything found on one page, from all that its tiles answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tilescout.detections import Answer, Detection, TextLine
from tilescout.errors import PatternTooSlow
from tilescout.geometry import Box
from tilescout.merging import merge_objects
from tilescout.merging.second_scale import uncontradicted, with_large_only
from tilescout.merging.text.confusions import normalised
from tilescout.merging.text.lines import stitch_lines
from tilescout.merging.text.snippet_credibility import SECONDS
from tilescout.merging.text.snippets import find_snippets
from tilescout.profiles import Profile, Region

TEXT_LABEL = "text"
"""Label of plain lines, where the profile finds no snippets."""


@dataclass(frozen=True, slots=True)
class PageDetections:
    """What was found on a page, and what could not be looked for."""

    detections: tuple[Detection, ...]
    warnings: tuple[str, ...] = ()


def detect_on_page(
    answers: Sequence[Answer], page: int, width: int, height: int, profile: Profile
) -> tuple[Detection, ...]:
    """The detections alone of ``detect_with_warnings``."""
    return detect_with_warnings(answers, page, width, height, profile).detections


def detect_with_warnings(
    answers: Sequence[Answer], page: int, width: int, height: int, profile: Profile
) -> PageDetections:
    """The page's detections (page px), sorted by top, left, label, text.

    Snippets where the profile has ``find``, else every line of text; and objects of the
    profile's labels (all, where it names none). What is below the confidence floor of its label
    or has its centre outside the profile's regions is dropped. Of the second scale counts only
    what is larger than the overlap, and nothing that a fine tile names otherwise. The order of
    answers is irrelevant. A snippet whose pattern takes too long is left out of the page, with a
    warning. Raises InvalidProfile for a bad pattern.
    """
    answers = with_large_only(answers, profile)
    lines = stitch_lines(answers, width, height)
    text = (
        _snippets(lines, page, profile)
        if profile.find
        else PageDetections(lines_to_detections(lines, page))
    )
    found = [
        *text.detections,
        *_objects(answers, page, width, height, profile),
    ]
    kept = (
        each
        for each in found
        if each.confidence >= profile.confidence_floor(each.label)
        and _is_wanted(each.box, width, height, profile)
    )
    return PageDetections(tuple(sorted(kept, key=_order)), text.warnings)


def lines_to_detections(lines: Iterable[TextLine], page: int) -> tuple[Detection, ...]:
    """Each line as a detection labelled "text" that is no match."""
    return tuple(
        Detection(
            page=page,
            label=TEXT_LABEL,
            confidence=line.confidence,
            box=line.box,
            text=line.text,
            normalised_text=normalised(line.text),
            tiles=line.tiles,
            open_sides=line.open_sides,
        )
        for line in lines
    )


def _snippets(lines: Sequence[TextLine], page: int, profile: Profile) -> PageDetections:
    found: list[Detection] = []
    warnings = []
    for find in profile.find:
        try:
            found += find_snippets(lines, [find], page)
        except PatternTooSlow:
            warnings.append(
                f"snippet {find.label!r} took over {SECONDS:g} s on a line of page {page} and was "
                f"left out there; simplify its pattern"
            )
    return PageDetections(tuple(found), tuple(warnings))


def _objects(
    answers: Sequence[Answer], page: int, width: int, height: int, profile: Profile
) -> list[Detection]:
    if not any(answer.objects for answer in answers):
        # Nor has a page that could not be tiled a size to merge in.
        return []
    merged = [
        each
        for each in merge_objects(answers, width, height)
        if each.confidence >= profile.confidence_floor(each.label)
    ]
    coarse = {answer.tile for answer in answers if answer.scale != 1}
    return [
        Detection(
            page=page,
            label=each.label,
            confidence=each.confidence,
            box=each.box,
            tiles=each.tiles,
            open_sides=each.open_sides,
            is_match=True,
        )
        for each in uncontradicted(merged, coarse)
        if not profile.labels or each.label in profile.labels
    ]


def _is_wanted(box: Box, width: int, height: int, profile: Profile) -> bool:
    x, y = box.centre[0] / width, box.centre[1] / height
    included = not profile.include or any(_holds(region, x, y) for region in profile.include)
    return included and not any(_holds(region, x, y) for region in profile.exclude)


def _holds(region: Region, x: float, y: float) -> bool:
    return region.left <= x < region.right and region.top <= y < region.bottom


def _order(detection: Detection) -> tuple[object, ...]:
    box = detection.box
    return box.top, box.left, detection.label, detection.text, box, detection.confidence
