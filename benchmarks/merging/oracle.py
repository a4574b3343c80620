"""Computes what a merge that knows the ground truth makes of the same boxes."""

from __future__ import annotations

import numpy as np

from benchmarks.merging.detection_sets import DetectionSet, Flags, Floats, Ints
from benchmarks.merging.scoring import Merged
from tilescout.merging.grouping import group_linked
from tilescout.merging.tile_edges import EDGE_TOLERANCE_PX
from tilescout.neighbours import intersections, ious, overlapping_pairs

SHOWS = 0.3
"""The smallest IoU of a box with a tile's part of an object, for the box to show the object."""


def oracle(given: DetectionSet) -> Merged:
    """Merges the boxes of each object into their union or the mean of the uncut, whichever is
    nearer.

    False boxes that overlap count as one.
    """
    owners = given.owners if len(given.true_boxes) and (given.owners >= 0).any() else shown(given)
    _, first, group = np.unique(_apart(given, owners), return_index=True, return_inverse=True)
    owner = owners[first]
    union, mean = _union(given.boxes, first, group), _mean_of_uncut(given, group)
    truth = given.true_boxes[np.maximum(owner, 0)]
    is_nearer = (owner >= 0) & (ious(mean, truth) > ious(union, truth))
    confidences = given.confidences[first].copy()
    np.maximum.at(confidences, group, given.confidences)
    return Merged(
        boxes=np.where(is_nearer[:, None], mean, union),
        confidences=confidences,
        labels=given.labels[first],
    )


def shown(given: DetectionSet) -> Ints:
    """Returns the object (row) that each box shows best within its tile, -1 for none."""
    count = len(given.true_boxes)
    pairs = overlapping_pairs(np.concatenate((given.true_boxes, given.boxes)))
    pairs = pairs[(pairs[:, 0] < count) & (pairs[:, 1] >= count)]
    truth, found = pairs[:, 0], pairs[:, 1] - count
    part = intersections(given.true_boxes[truth], given.tile_boxes[given.tiles[found]])
    agreement = ious(part, given.boxes[found])
    fits = (agreement >= SHOWS) & (given.true_labels[truth] == given.labels[found])
    order = np.flatnonzero(fits)[np.argsort(agreement[fits], kind="stable")]
    owners = np.full(len(given.boxes), -1)
    # Of several the last written stays: the best.
    owners[found[order]] = truth[order]
    return owners


def _apart(given: DetectionSet, owners: Ints) -> Ints:
    """Returns a number per group: its object, or below 0 that of false boxes that overlap."""
    false = np.flatnonzero(owners < 0)
    pairs = overlapping_pairs(given.boxes[false])
    labels = given.labels[false]
    alike = pairs[labels[pairs[:, 0]] == labels[pairs[:, 1]]].tolist()
    found = owners.copy()
    for number, members in enumerate(group_linked(alike, [{} for _ in false])):
        found[false[members]] = -1 - number
    return found


def _union(boxes: Floats, first: Ints, group: Ints) -> Floats:
    found = boxes[first].copy()
    np.minimum.at(found[:, :2], group, boxes[:, :2])
    np.maximum.at(found[:, 2:], group, boxes[:, 2:])
    return found


def _mean_of_uncut(given: DetectionSet, group: Ints) -> Floats:
    """Returns the mean by confidence; an object that every tile cut has no box (all zeros)."""
    votes = np.where(_is_cut(given), 0.0, given.confidences)
    total = np.maximum(np.bincount(group, votes), 1e-9)
    sums = [np.bincount(group, votes * side) for side in given.boxes.T]
    return np.asarray(np.stack(sums, axis=1) / total[:, None])


def _is_cut(given: DetectionSet) -> Flags:
    tile, page = given.tile_boxes[given.tiles], np.array(given.page)
    before = (given.boxes[:, :2] <= tile[:, :2] + EDGE_TOLERANCE_PX) & (tile[:, :2] > 0)
    after = (given.boxes[:, 2:] >= tile[:, 2:] - EDGE_TOLERANCE_PX) & (tile[:, 2:] < page)
    return np.asarray((before | after).any(axis=1))
