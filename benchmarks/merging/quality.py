"""Runs the same detections through every merge and scores them against the ground truth.

    export PYTHONPATH=lambdas:cli:.
    python -m benchmarks.merging.quality [--sets DIR] [--seeds N] [--out FILE]

Runs in an environment with the packages of benchmarks/merging/peers.txt. Simulated scenes; or, with
--sets, every JSON file of that folder, as `benchmarks.merging.real_sets` writes them: put those of
a model of your own there too (the fields are those of `detection_sets.DetectionSet`). Files of one
name are pages of one row.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.merging import peers
from benchmarks.merging.detection_sets import DetectionSet, read
from benchmarks.merging.oracle import oracle
from benchmarks.merging.quality_tables import ORACLE, OTHERS, OURS, SUPPRESSED, Compared, tables
from benchmarks.merging.scenes import SCENES, detected
from benchmarks.merging.scoring import Merged, Score, score, total
from tilescout.merging import merge_detections
from tilescout.merging.boxes.links import SAID_TWICE

OTHER_MERGES = peers.supervision_nmm, peers.supervision_nms, peers.lsnms_nms


def ours(given: DetectionSet, same_tile_iou: float = SAID_TWICE) -> Merged:
    found = merge_detections(
        given.boxes,
        given.confidences,
        given.labels,
        given.tiles,
        given.tile_boxes,
        given.page,
        given.text_labels,
        given.tile_scales,
        same_tile_iou,
    )
    return Merged(boxes=found.boxes, confidences=found.confidences, labels=found.labels)


def compare(name: str, is_hard: bool, sets: Sequence[DetectionSet]) -> Compared:
    by_merge: dict[str, list[Score]] = {}
    for given in sets:
        for merge, found in _merges(given):
            by_merge.setdefault(merge, []).append(score(found, given))
    return Compared(
        name=name,
        is_hard=is_hard,
        boxes=sum(len(given.boxes) for given in sets),
        scores={merge: total(scores) for merge, scores in by_merge.items()},
    )


def _merges(given: DetectionSet) -> Iterator[tuple[str, Merged]]:
    yield OURS, ours(given)
    yield SUPPRESSED, ours(given, 0.25)
    yield ORACLE, oracle(given)
    for name, merge in peers.sahi_grid().items():
        yield name, merge(given)
    for name, other in zip(OTHERS, OTHER_MERGES, strict=True):
        yield name, other(given)


def every(sets: Path | None, seeds: int) -> Iterator[Compared]:
    for scene in SCENES if sets is None else ():
        drawn = [detected(scene, seed) for seed in range(seeds)]
        yield compare(scene.name, scene.is_hard, drawn)
    by_name: dict[str, list[DetectionSet]] = {}
    for path in sorted(sets.glob("*.json")) if sets else ():
        given = read(path)
        by_name.setdefault(given.name, []).append(given)
    for name, pages in by_name.items():
        yield compare(name, True, pages)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    found = []
    for row in every(asked.sets, asked.seeds):
        found.append(row)
        print(row.name, f"{row.f1(OURS):.4f}", row.best_of_sahi(), flush=True)
        if asked.out:
            asked.out.parent.mkdir(parents=True, exist_ok=True)
            asked.out.write_text(tables(found))


if __name__ == "__main__":
    main()
