"""Merges the answers of a page's tiles into the detections of the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tilescout.detections import Answer, Detection, TextLine
from tilescout.errors import PatternTooSlow
from tilescout.geometry import Box
from tilescout.merging import merge_objects
from tilescout.merging.second_scale import drop_contradicted, keep_large_of_coarse_tiles
from tilescout.merging.text.confusions import normalise
from tilescout.merging.text.lines import stitch_lines
from tilescout.merging.text.snippet_credibility import MAX_PATTERN_SECONDS
from tilescout.merging.text.snippets import find_snippets
from tilescout.profiles import Profile, Region

TEXT_LABEL = "text"
"""The label of lines of text, for profiles that look for no snippets."""


@dataclass(frozen=True, slots=True)
class PageDetections:
    """The detections of a page, warnings about what could not be looked for, and lines of text."""

    detections: tuple[Detection, ...]
    warnings: tuple[str, ...] = ()
    lines: tuple[TextLine, ...] = ()


def detect_on_page(
    answers: Sequence[Answer], page: int, width: int, height: int, profile: Profile
) -> tuple[Detection, ...]:
    """Returns the detections of ``detect_with_warnings`` without its warnings."""
    return detect_with_warnings(answers, page, width, height, profile).detections


def detect_with_warnings(
    answers: Sequence[Answer], page: int, width: int, height: int, profile: Profile
) -> PageDetections:
    """Returns the page's detections (page px), sorted by top, left, label and text.

    They are snippets where the profile has ``find``, else every line of text, and the objects of
    the profile's labels (of all labels where it names none). A detection below the confidence
    floor of its label, or with its centre outside the profile's regions, is dropped. Tiles of the
    second scale count only for things larger than the overlap that no fine tile labels
    differently. The order of answers is irrelevant. A snippet whose pattern takes too long is left
    out of the page, with a warning. Raises InvalidProfile for a bad pattern.
    """
    answers = keep_large_of_coarse_tiles(answers, profile)
    lines = stitch_lines(answers, width, height)
    text = (
        _snippets(lines, page, profile)
        if profile.find
        else PageDetections(lines_to_detections(lines, page))
    )
    detections = [
        *text.detections,
        *_objects(answers, page, width, height, profile),
    ]
    kept = (
        detection
        for detection in detections
        if detection.confidence >= profile.confidence_floor(detection.label)
        and is_in_regions(detection.box, width, height, profile)
    )
    return PageDetections(tuple(sorted(kept, key=_order)), text.warnings, tuple(lines))


def lines_to_detections(lines: Iterable[TextLine], page: int) -> tuple[Detection, ...]:
    """Returns each line as a detection labelled "text" that is not a match."""
    return tuple(
        Detection(
            page=page,
            label=TEXT_LABEL,
            confidence=line.confidence,
            box=line.box,
            text=line.text,
            normalised_text=normalise(line.text),
            tiles=line.tiles,
            open_sides=line.open_sides,
        )
        for line in lines
    )


def _snippets(lines: Sequence[TextLine], page: int, profile: Profile) -> PageDetections:
    detections: list[Detection] = []
    warnings = []
    for find in profile.find:
        try:
            detections += find_snippets(lines, [find], page)
        except PatternTooSlow:
            warnings.append(
                f"snippet {find.label!r} took over {MAX_PATTERN_SECONDS:g} s on a line of page "
                f"{page} and was left out there; simplify its pattern"
            )
    return PageDetections(tuple(detections), tuple(warnings))


def _objects(
    answers: Sequence[Answer], page: int, width: int, height: int, profile: Profile
) -> list[Detection]:
    if not any(answer.objects for answer in answers):
        # A page that could not be tiled has no size to merge in.
        return []
    merged = [
        merged_object
        for merged_object in merge_objects(answers, width, height)
        if merged_object.confidence >= profile.confidence_floor(merged_object.label)
    ]
    coarse = {answer.tile for answer in answers if answer.scale != 1}
    return [
        Detection(
            page=page,
            label=merged_object.label,
            confidence=merged_object.confidence,
            box=merged_object.box,
            tiles=merged_object.tiles,
            open_sides=merged_object.open_sides,
            is_match=True,
            angle=merged_object.angle,
        )
        for merged_object in drop_contradicted(merged, coarse)
        if not profile.labels or merged_object.label in profile.labels
    ]


def is_in_regions(box: Box, width: int, height: int, profile: Profile) -> bool:
    """Tells if the centre of a box (page px) lies where the profile looks."""
    x, y = box.centre[0] / width, box.centre[1] / height
    included = not profile.include or any(_holds(region, x, y) for region in profile.include)
    return included and not any(_holds(region, x, y) for region in profile.exclude)


def _holds(region: Region, x: float, y: float) -> bool:
    return region.left <= x < region.right and region.top <= y < region.bottom


def _order(detection: Detection) -> tuple[object, ...]:
    box = detection.box
    return box.top, box.left, detection.label, detection.text, box, detection.confidence
