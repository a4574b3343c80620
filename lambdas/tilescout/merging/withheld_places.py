"""The places of a page that detectors withheld, each once, where no detection lies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tilescout.detections import Answer, Detection, WithheldSeen
from tilescout.geometry import Box
from tilescout.ledger import PageRow
from tilescout.merging.page import is_in_regions
from tilescout.neighbours import overlapping_pairs, shares_of_smaller, sides_of
from tilescout.profiles import Profile
from tilescout.sheet_layout.layout import SheetLayout

SAME_SHARE = 0.5
"""The share of the smaller box above which two boxes are one place: tiles show parts of it."""


def withheld_places(
    answers: Sequence[Answer],
    detections: Sequence[Detection],
    page: PageRow,
    profile: Profile,
    layout: SheetLayout,
) -> tuple[WithheldSeen, ...]:
    """Returns the withheld places (page px), the surest first, each once.

    A place that another tile shows as a detection is none of them, nor is one that the profile
    does not ask for by its label, its regions or those of the sheet.
    """
    wanted = sorted(_wanted(answers, page, profile, layout), key=_order)
    if not wanted:
        return ()
    shown = [detection.box for detection in detections]
    same = _same_places(shown + [seen.box for seen in wanted])
    first = len(shown)
    taken = set(range(first))
    for at in range(first, first + len(wanted)):
        if taken.isdisjoint(same[at]):
            taken.add(at)
    return tuple(seen for at, seen in enumerate(wanted, first) if at in taken)


def withheld_warnings(page: int, places: Sequence[WithheldSeen]) -> tuple[str, ...]:
    """Returns a warning that counts the withheld places of a page; none where there is none."""
    if not places:
        return ()
    resembling = "place that resembles" if len(places) == 1 else "places that resemble"
    return (
        f"page {page}: {len(places):,} {resembling} an example withheld; `withheld` of "
        "detections.json tells why",
    )


def _wanted(
    answers: Sequence[Answer], page: PageRow, profile: Profile, layout: SheetLayout
) -> Iterator[WithheldSeen]:
    for seen in (each for answer in answers for each in answer.withheld):
        if (
            (not profile.labels or seen.label in profile.labels)
            and is_in_regions(seen.box, page.width_px, page.height_px, profile)
            and layout.region_of(seen.box.to_points(page.dpi)) not in profile.exclude_regions
        ):
            yield seen


def _order(seen: WithheldSeen) -> tuple[object, ...]:
    return -seen.confidence, seen.box, seen.label, seen.reason


def _same_places(boxes: Sequence[Box]) -> list[list[int]]:
    """Returns, by box, the indices of the earlier boxes that are one place with it."""
    sides = sides_of(boxes)
    pairs = overlapping_pairs(sides)
    is_same = shares_of_smaller(sides[pairs[:, 0]], sides[pairs[:, 1]]) > SAME_SHARE
    earlier: list[list[int]] = [[] for _ in boxes]
    for before, at in pairs[is_same].tolist():
        earlier[at].append(before)
    return earlier
