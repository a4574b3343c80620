"""Views grouped by the object they show; a tile sees an object once."""

from __future__ import annotations

import numpy as np

from tilescout.merging.boxes.links import Links
from tilescout.merging.boxes.rectangles import Flags, Floats, Ints
from tilescout.merging.boxes.views import Views
from tilescout.merging.grouping import grouped


def groups_of(views: Views, links: Links) -> Ints:
    """For each view the first one of its group."""
    said = _said(views, links.one[links.is_repeat], links.two[links.is_repeat])
    is_heard = said == np.arange(len(views))
    kept = np.flatnonzero(links.is_same & is_heard[links.one] & is_heard[links.two])
    one, two = links.one[kept], links.two[kept]
    group = _connected(len(views), one, two)
    again = _holds_a_tile_twice(group, views.tiles, is_heard)[group[one]]
    _regroup(group, views, one[again], two[again], links.agreement[kept[again]])
    return group[said]


def _said(views: Views, one: Ints, two: Ints) -> Ints:
    """For each view the surest one of its tile that says the same, itself if there is none."""
    said = np.arange(len(views))
    first, second = views.confidences[one], views.confidences[two]
    is_surer = (first > second) | ((first == second) & (one < two))
    surer, other = np.where(is_surer, one, two), np.where(is_surer, two, one)
    # Of several the last written stays.
    order = np.lexsort((-surer, views.confidences[surer]))
    said[other[order]] = surer[order]
    return roots(said)


def roots(parent: Ints) -> Ints:
    """Where a walk from each to its parent ends; a root is its own parent."""
    while True:
        above = parent[parent]
        if np.array_equal(above, parent):
            return parent
        parent = above


def _connected(count: int, one: Ints, two: Ints) -> Ints:
    """For each of ``count`` the first that the pairs connect it to."""
    parent = np.arange(count)
    while len(one):
        a, b = parent[one], parent[two]
        apart = a != b
        one, two, a, b = one[apart], two[apart], a[apart], b[apart]
        np.minimum.at(parent, np.maximum(a, b), np.minimum(a, b))
        parent = roots(parent)
    return parent


def _holds_a_tile_twice(group: Ints, tiles: Ints, is_heard: Flags) -> Flags:
    """By first view: whether its group has two heard views of one tile."""
    twice = np.zeros(len(group), dtype=bool)
    count = tiles.max(initial=0) + 1
    keys = np.sort((group * count + tiles)[is_heard])
    twice[keys[1:][keys[1:] == keys[:-1]] // count] = True
    return twice


def _regroup(group: Ints, views: Views, one: Ints, two: Ints, agreement: Floats) -> None:
    """Group the views of these pairs anew, those that agree most first, never two of one tile."""
    members = np.unique(np.concatenate((one, two)))
    a, b = np.searchsorted(members, one), np.searchsorted(members, two)
    a, b = np.minimum(a, b), np.maximum(a, b)
    # Long parts agree wholly with each other's neighbours too; then the surest pair is first.
    sure = views.confidences[one] + views.confidences[two]
    order = np.lexsort((b, a, -sure, -np.round(agreement, 9)))
    reports = [{tile: at} for at, tile in enumerate(views.tiles[members].tolist())]
    for together in grouped(zip(a[order].tolist(), b[order].tolist(), strict=True), reports):
        group[members[together]] = members[together[0]]


def numbered(parent: Ints) -> tuple[Ints, Ints]:
    """The roots in order, and for each the number of its root among them."""
    is_root = parent == np.arange(len(parent))
    return np.flatnonzero(is_root), (np.cumsum(is_root) - 1)[parent]


def in_turn(group: Ints, count: int) -> tuple[Ints, Ints]:
    """Indices of ``group`` (values 0 to count - 1) by group, and where each group starts."""
    # One sort of plain numbers takes half the time of a stable argsort.
    keys = np.sort(group * len(group) + np.arange(len(group)))
    return keys % len(group), np.searchsorted(keys, np.arange(count) * len(group))
