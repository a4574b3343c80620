"""The rule for an object that a tile's edge cuts.

A tile shows an object as its box cut off at the tile's edges. If that holds at least `MIN_SHARE`
of the object's box it is annotated as it is shown, cut off; the merge knows a cut side. If it holds
less, it is nothing to learn from, and nothing that should be called empty: it is ignored. As long
as the overlap of the tiles is larger than the object, another tile shows it whole.
"""

from __future__ import annotations

from collections.abc import Iterable

from tilescout.geometry import Box
from tilescout_datasets.annotations import Annotation

MIN_SHARE = 0.6
MIN_SIDE_PX = 2.0


def shown_in(
    region: Box, annotations: Iterable[Annotation]
) -> tuple[tuple[Annotation, ...], tuple[Box, ...]]:
    """Returns, of annotations and a region in one frame, what is annotated and what is ignored.

    Both have their boxes from the region's top left, cut off at its edges.
    """
    kept: list[Annotation] = []
    ignored: list[Box] = []
    for each in annotations:
        part = each.box.intersection(region)
        if not part.area:
            continue
        here = part.shift(-region.left, -region.top)
        is_large = min(part.width, part.height) >= MIN_SIDE_PX
        if is_large and part.area >= MIN_SHARE * each.box.area:
            kept.append(Annotation(each.label, here))
        else:
            ignored.append(here)
    return tuple(kept), tuple(ignored)
