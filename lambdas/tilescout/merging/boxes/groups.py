"""Groups views by the object that they show; a tile sees an object once."""

from __future__ import annotations

import numpy as np

from tilescout.merging.boxes.links import Links
from tilescout.merging.boxes.rectangles import Flags, Floats, Ints
from tilescout.merging.boxes.views import Views
from tilescout.merging.grouping import group_linked


def groups_of(views: Views, links: Links) -> Ints:
    """Returns, for each view, the index of the first view of its group."""
    surest = _surest_repeats(views, links.one[links.is_repeat], links.two[links.is_repeat])
    is_heard = surest == np.arange(len(views))
    kept = np.flatnonzero(links.is_same & is_heard[links.one] & is_heard[links.two])
    one, two = links.one[kept], links.two[kept]
    group = _components(len(views), one, two)
    again = _has_a_tile_twice(group, views.tiles, is_heard)[group[one]]
    _regroup(group, views, one[again], two[again], links.agreement[kept[again]])
    return group[surest]


def _surest_repeats(views: Views, one: Ints, two: Ints) -> Ints:
    """Returns, for each view, the most confident repetition of it in its tile, or itself."""
    surest = np.arange(len(views))
    first, second = views.confidences[one], views.confidences[two]
    is_surer = (first > second) | ((first == second) & (one < two))
    surer, other = np.where(is_surer, one, two), np.where(is_surer, two, one)
    # Of several the last written stays.
    order = np.lexsort((-surer, views.confidences[surer]))
    surest[other[order]] = surer[order]
    return roots(surest)


def roots(parent: Ints) -> Ints:
    """Returns the root that each index reaches by following its parents."""
    while True:
        above = parent[parent]
        if np.array_equal(above, parent):
            return parent
        parent = above


def _components(count: int, one: Ints, two: Ints) -> Ints:
    """Returns, for each of ``count`` indices, the smallest one that the pairs connect it to."""
    parent = np.arange(count)
    while len(one):
        a, b = parent[one], parent[two]
        apart = a != b
        one, two, a, b = one[apart], two[apart], a[apart], b[apart]
        np.minimum.at(parent, np.maximum(a, b), np.minimum(a, b))
        parent = roots(parent)
    return parent


def _has_a_tile_twice(group: Ints, tiles: Ints, is_heard: Flags) -> Flags:
    """Tells, at the first view of each group, if the group has two heard views of one tile."""
    twice = np.zeros(len(group), dtype=bool)
    count = tiles.max(initial=0) + 1
    keys = np.sort((group * count + tiles)[is_heard])
    twice[keys[1:][keys[1:] == keys[:-1]] // count] = True
    return twice


def _regroup(group: Ints, views: Views, one: Ints, two: Ints, agreement: Floats) -> None:
    """Groups the views of these pairs again: best agreement first, never two of one tile."""
    members = np.unique(np.concatenate((one, two)))
    a, b = np.searchsorted(members, one), np.searchsorted(members, two)
    a, b = np.minimum(a, b), np.maximum(a, b)
    # Long parts agree wholly with each other's neighbours too; then the surest pair is first.
    sure = views.confidences[one] + views.confidences[two]
    order = np.lexsort((b, a, -sure, -np.round(agreement, 9)))
    reports = [{tile: at} for at, tile in enumerate(views.tiles[members].tolist())]
    for together in group_linked(zip(a[order].tolist(), b[order].tolist(), strict=True), reports):
        group[members[together]] = members[together[0]]


def number_roots(parent: Ints) -> tuple[Ints, Ints]:
    """Returns the roots in order, and for each index the number of its root among them."""
    is_root = parent == np.arange(len(parent))
    return np.flatnonzero(is_root), (np.cumsum(is_root) - 1)[parent]


def order_by_group(group: Ints, count: int) -> tuple[Ints, Ints]:
    """Returns the indices sorted by ``group`` (0 to count - 1), and where each group starts."""
    # One sort of plain numbers takes half the time of a stable argsort.
    keys = np.sort(group * len(group) + np.arange(len(group)))
    return keys % len(group), np.searchsorted(keys, np.arange(count) * len(group))
