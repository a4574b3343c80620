"""Properties of every merge, whatever the detector saw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.tilescout.merging.boxes.merging_pages import (
    SIZE,
    Seen,
    crowds,
    grids,
    outcome,
    pages,
    seen_by,
    tile_boxes_of,
)
from tilescout.merging import merge_detections
from tilescout.merging.boxes.groups import groups_of, number_roots
from tilescout.merging.boxes.links import links_of
from tilescout.merging.boxes.outlines import outlines_of
from tilescout.merging.boxes.parts import join_across_gaps
from tilescout.merging.boxes.views import tiles_of, views_of
from tilescout.tiling.grid import TileGrid

quick = settings(max_examples=60, deadline=None)


def ious(one, other):
    both = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    shared = np.clip(both, 0, None).prod()
    return shared / ((one[2:] - one[:2]).prod() + (other[2:] - other[:2]).prod() - shared)


@quick
@given(crowds(), st.randoms(use_true_random=False))
def test_the_order_of_boxes_is_irrelevant(seen, shuffler):
    order = list(range(len(seen.boxes)))
    shuffler.shuffle(order)

    shuffled = seen.at(np.array(order, dtype=int)).merged()

    places = [tuple(sorted(order[at] for at in members)) for members, *_ in outcome(shuffled)]
    assert sorted(places) == [members for members, *_ in outcome(seen.merged())]
    assert np.array_equal(shuffled.boxes, seen.merged().boxes)


@quick
@given(crowds(), st.randoms(use_true_random=False))
def test_the_numbers_of_tiles_are_irrelevant(seen, shuffler):
    order = list(range(len(seen.tile_boxes)))
    shuffler.shuffle(order)
    renumbered = replace(
        seen, tile_boxes=seen.tile_boxes[order], tiles=np.argsort(order)[seen.tiles]
    )

    assert outcome(renumbered.merged()) == outcome(seen.merged())


def transformed(seen, change):
    return replace(seen, boxes=change(seen.boxes), tile_boxes=change(seen.tile_boxes))


@quick
@given(crowds())
def test_a_mirrored_page_gives_the_mirrored_objects(seen):
    def mirror(boxes):
        return np.stack((SIZE - boxes[:, 2], boxes[:, 1], SIZE - boxes[:, 0], boxes[:, 3]), axis=1)

    mirrored = transformed(seen, mirror).merged()
    back = replace(
        mirrored, boxes=mirror(mirrored.boxes), open_sides=mirrored.open_sides[:, [2, 1, 0, 3]]
    )
    assert outcome(back) == outcome(seen.merged())


@quick
@given(crowds())
def test_a_transposed_page_gives_the_transposed_objects(seen):
    turned = transformed(seen, lambda boxes: boxes[:, [1, 0, 3, 2]]).merged()
    back = replace(
        turned, boxes=turned.boxes[:, [1, 0, 3, 2]], open_sides=turned.open_sides[:, [1, 0, 3, 2]]
    )
    assert outcome(back) == outcome(seen.merged())


@quick
@given(crowds(), st.integers(1, 50), st.integers(1, 50))
def test_a_moved_page_gives_the_moved_objects(seen, dx, dy):
    # Tiles that stick out by more than the move keep their outer sides outside of the page, and a
    # page larger by more than the move keeps their inner sides inside.
    border = np.array([-100.0, -100.0, 100.0, 100.0])
    outer = np.where(seen.tile_boxes == np.array([0, 0, SIZE, SIZE]), border, 0.0)
    wide = replace(seen, tile_boxes=seen.tile_boxes + outer, page=(SIZE + 60, SIZE + 60))
    move = np.array([dx, dy, dx, dy], dtype=np.float64)

    moved = transformed(wide, lambda boxes: boxes + move).merged()

    back = replace(moved, boxes=moved.boxes - move)
    assert outcome(back) == outcome(wide.merged())


@quick
@given(pages(), st.integers(0, 2**31))
def test_what_only_one_tile_saw_comes_back_as_it_was(boxes, seed):
    seen = seen_by(TileGrid(SIZE, 0), SIZE, boxes, [0] * len(boxes), noise=1.0, seed=seed)

    assert sorted(seen.merged().boxes.tolist()) == sorted(seen.boxes.tolist())


@settings(max_examples=120, deadline=None)
@given(pages(apart=0), grids())
def test_objects_of_their_own_label_come_back_exactly_at_every_overlap(boxes, grid):
    merged = seen_by(grid, SIZE, boxes, range(len(boxes))).merged()

    by_label = np.argsort(merged.labels)
    assert merged.labels[by_label].tolist() == list(range(len(boxes)))
    assert merged.boxes[by_label].tolist() == boxes.tolist()


@settings(max_examples=120, deadline=None)
@given(pages(), grids(least_overlap=16))
def test_objects_of_one_label_that_are_apart_come_back_exactly(boxes, grid):
    merged = seen_by(grid, SIZE, boxes, [0] * len(boxes)).merged()

    assert sorted(merged.boxes.tolist()) == sorted(boxes.tolist())
    assert not merged.open_sides.any()


@quick
@given(crowds())
def test_every_box_is_a_member_of_one_object(seen):
    merged = seen.merged()

    assert sorted(merged.members.tolist()) == list(range(len(seen.boxes)))
    assert merged.starts.tolist() == sorted(merged.starts.tolist())


@quick
@given(crowds())
def test_members_have_the_label_and_no_more_than_the_confidence_of_their_object(seen):
    merged = seen.merged()

    for row, label in enumerate(merged.labels):
        members = merged.members_of(row)
        assert set(seen.labels[members].tolist()) == {label}
        assert merged.confidences[row] == seen.confidences[members].max()


def views_on(seen):
    layout = tiles_of(seen.tile_boxes.astype(float), np.ones(len(seen.tile_boxes)), seen.page)
    no_text = np.zeros(len(seen.boxes), dtype=bool)
    return views_of(seen.boxes, seen.confidences, seen.labels, seen.tiles, layout, no_text), layout


@quick
@given(crowds())
def test_links_and_bridges_never_join_two_boxes_of_one_tile(seen):
    views, layout = views_on(seen)
    links = links_of(views, layout)
    first, group = number_roots(groups_of(views, links))
    parts = outlines_of(views, slice(None), group, len(first), layout)
    group = join_across_gaps(views, group, parts, views.labels[first], layout)[group]

    repeats = set(links.one[links.is_repeat]) | set(links.two[links.is_repeat])
    told = [
        (one, tile)
        for at, (one, tile) in enumerate(zip(group.tolist(), views.tiles.tolist(), strict=True))
        if at not in repeats
    ]
    assert len(told) == len(set(told))


def uncut(seen, row):
    tile = seen.tile_boxes[seen.tiles[row]]
    inner = tile != np.array([0, 0, SIZE, SIZE])
    return ~(inner & (np.abs(seen.boxes[row] - tile) <= 4))


@quick
@given(pages(), grids(), st.integers(0, 2**31))
def test_a_side_is_one_that_a_tile_saw_uncut_wherever_a_tile_did(boxes, grid, seed):
    seen = seen_by(grid, SIZE, boxes, range(len(boxes)), noise=1.5, found=0.9, seed=seed)
    merged = seen.merged()

    for row, box in enumerate(merged.boxes):
        members = merged.members_of(row)
        for side in range(4):
            witnesses = [seen.boxes[at, side] for at in members if uncut(seen, at)[side]]
            assert merged.open_sides[row, side] == (not witnesses)
            if witnesses:
                assert min(witnesses) - 1e-6 <= box[side] <= max(witnesses) + 1e-6


@quick
@given(crowds())
def test_a_box_far_away_changes_no_other_object(seen):
    far = np.array([5_000.0, 5_000.0, 5_100.0, 5_100.0])
    wide = replace(
        seen,
        page=(10_000, 10_000),
        tile_boxes=np.concatenate((seen.tile_boxes, [[4_000, 4_000, 6_000, 6_000]])),
    )
    more = wide.with_box(far, tile=len(seen.tile_boxes)).merged()

    kept = [each for each in outcome(more) if each[0] != (len(seen.boxes),)]
    assert kept == outcome(wide.merged())


@quick
@given(pages(smallest=8), st.integers(100, 200), st.integers(0, 2**31))
def test_parts_of_a_page_merged_apart_are_the_page_merged_at_once(boxes, size, seed):
    small = boxes[(boxes[:, 2:] - boxes[:, :2]).max(axis=1) <= 120]
    seen = seen_by(TileGrid(size, 60), SIZE, small, [0] * len(small), noise=1.0, seed=seed)
    whole = seen.merged()
    found = []
    for left, right in ((0, 250), (250, SIZE)):
        # Each part is given what lies within the largest object of it, and keeps its own.
        near = (seen.boxes[:, 2] > left - 130) & (seen.boxes[:, 0] < right + 130)
        part = seen.at(near).merged()
        centre = part.boxes[:, [0, 2]].mean(axis=1)
        found += part.boxes[(centre >= left) & (centre < right)].tolist()

    assert sorted(found) == sorted(whole.boxes.tolist())


@quick
@given(st.lists(st.tuples(*[st.integers(0, 40)] * 4), max_size=25), st.integers(0, 2**31))
def test_boxes_of_one_tile_lose_only_less_sure_repetitions(rows, seed):
    boxes = np.array(rows, dtype=np.float64).reshape(-1, 4) * 5
    boxes[:, 2:] += boxes[:, :2] + 5
    sure = np.random.default_rng(seed).permutation(len(boxes)).astype(np.float64)
    merged = merge_detections(
        boxes, sure, [0] * len(boxes), [0] * len(boxes), [[0, 0, 900, 900]], (900, 900)
    )
    kept = [
        box.tolist()
        for at, box in enumerate(boxes)
        if not any(sure[by] > sure[at] and ious(box, boxes[by]) >= 0.8 for by in range(len(boxes)))
    ]

    best = {tuple(box) for box in kept}
    assert {tuple(boxes[merged.members_of(row)][np.argmax(sure[merged.members_of(row)])])
            for row in range(len(merged.boxes))} == best  # fmt: skip


@quick
@given(pages(), grids(least_overlap=16), st.integers(0, 2**31))
def test_objects_given_as_those_of_one_tile_stay_as_they_are(boxes, grid, seed):
    once = seen_by(grid, SIZE, boxes, [0] * len(boxes), noise=1.5, seed=seed).merged()

    again = merge_detections(
        once.boxes,
        once.confidences,
        once.labels,
        [0] * len(once.boxes),
        [[0, 0, SIZE, SIZE]],
        (SIZE, SIZE),
    )

    assert sorted(again.boxes.tolist()) == sorted(once.boxes.tolist())


@quick
@given(crowds(), st.floats(0.5, 100))
def test_confidences_raised_alike_leave_the_groups(seen, more):
    raised = replace(seen, confidences=seen.confidences + more).merged()

    assert [each[0] for each in outcome(raised)] == [each[0] for each in outcome(seen.merged())]


def test_a_pass_over_the_page_is_one_more_tile():
    seen = seen_by(TileGrid(200, 40), SIZE, [[50, 50, 500, 300]], [0])
    with_pass = Seen(
        boxes=np.concatenate((seen.boxes, [[46, 53, 505, 296]])),
        confidences=np.append(seen.confidences, 90.0),
        labels=np.append(seen.labels, 0),
        tiles=np.append(seen.tiles, len(seen.tile_boxes)),
        tile_boxes=np.concatenate((seen.tile_boxes, [[0, 0, SIZE, SIZE]])),
        page=seen.page,
    )
    merged = merge_detections(
        with_pass.boxes,
        with_pass.confidences,
        with_pass.labels,
        with_pass.tiles,
        with_pass.tile_boxes,
        with_pass.page,
        tile_scales=[*[1.0] * len(seen.tile_boxes), 3.0],
    )

    assert len(merged.boxes) == 1
    assert sorted(merged.members.tolist()) == list(range(len(with_pass.boxes)))


def test_the_grid_of_these_tests_covers_the_page():
    tiles = tile_boxes_of(TileGrid(200, 40), SIZE, SIZE)

    assert (tiles[:, 2].max(), tiles[:, 3].max()) == (SIZE, SIZE)
