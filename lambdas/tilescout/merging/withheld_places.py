"""The places of a page that detectors withheld, each once, where no detection lies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tilescout.detections import UNREAD_LETTERING, Answer, Detection, WithheldSeen
from tilescout.geometry import Box
from tilescout.ledger import PageRow
from tilescout.merging.page import is_in_regions
from tilescout.neighbours import overlapping_pairs, shares_of_smaller, sides_of
from tilescout.profiles import Profile
from tilescout.sheet_layout.layout import SheetLayout

SAME_SHARE = 0.5
"""The share of the smaller box above which two boxes are one place: tiles show parts of it."""
READ_SHARE = 0.5
"""The share of a place that looks like lettering which a word covers that another tile reads."""


def withheld_places(
    answers: Sequence[Answer],
    detections: Sequence[Detection],
    page: PageRow,
    profile: Profile,
    layout: SheetLayout,
) -> tuple[WithheldSeen, ...]:
    """Returns the withheld places (page px), the surest first, each once.

    A place that another tile shows as a detection is none of them, nor is one that the profile
    does not ask for by its label, its regions or those of the sheet, nor lettering that another
    tile reads.
    """
    wanted = sorted(_wanted(answers, page, profile, layout), key=_order)
    objects = [seen for seen in wanted if seen.label != UNREAD_LETTERING]
    lettering = [seen for seen in wanted if seen.label == UNREAD_LETTERING]
    shown = [detection.box for detection in detections]
    return (*_apart(objects, shown), *_apart(_unread(lettering, answers), []))


def _apart(wanted: Sequence[WithheldSeen], shown: list[Box]) -> tuple[WithheldSeen, ...]:
    """Returns the places that lie on nothing that is shown, each once."""
    if not wanted:
        return ()
    same = _same_places(shown + [seen.box for seen in wanted])
    first = len(shown)
    taken = set(range(first))
    for at in range(first, first + len(wanted)):
        if taken.isdisjoint(same[at]):
            taken.add(at)
    return tuple(seen for at, seen in enumerate(wanted, first) if at in taken)


def _unread(lettering: Sequence[WithheldSeen], answers: Sequence[Answer]) -> list[WithheldSeen]:
    """Returns the places that look like lettering and that no word of another tile covers."""
    if not lettering:
        return []
    words = [word.box for answer in answers for word in answer.words]
    boxes = [*words, *(seen.box for seen in lettering)]
    first = len(words)
    covered = {
        at
        for word, at in overlapping_pairs(sides_of(boxes)).tolist()
        if word < first <= at and _covers(boxes[word], boxes[at])
    }
    return [seen for at, seen in enumerate(lettering, first) if at not in covered]


def _covers(word: Box, place: Box) -> bool:
    return word.intersection(place).area > READ_SHARE * place.area


def withheld_warnings(page: int, places: Sequence[WithheldSeen]) -> tuple[str, ...]:
    """Returns warnings that count the withheld places of a page; none where there is none."""
    unread = Counter(seen.reason for seen in places if seen.label == UNREAD_LETTERING)
    told = [_unread_warning(page, count, how) for how, count in sorted(unread.items())]
    count = len(places) - unread.total()
    if count:
        resembling = "place that resembles" if count == 1 else "places that resemble"
        told.append(
            f"page {page}: {count:,} {resembling} an example withheld; `withheld` of "
            "detections.json tells why"
        )
    return tuple(told)


def _unread_warning(page: int, count: int, how: str) -> str:
    looking = (
        f"{count:,} places of page {page} look" if count > 1 else f"1 place of page {page} looks"
    )
    return (
        f"{looking} like lettering that was not read ({how}); `withheld` of detections.json tells "
        "where"
    )


def _wanted(
    answers: Sequence[Answer], page: PageRow, profile: Profile, layout: SheetLayout
) -> Iterator[WithheldSeen]:
    for seen in (each for answer in answers for each in answer.withheld):
        if (
            (seen.label in (*profile.labels, UNREAD_LETTERING) or not profile.labels)
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
