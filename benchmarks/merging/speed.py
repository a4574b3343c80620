"""Measures CPU seconds and memory of every merge on the same boxes, each in its own process.

    PYTHONPATH=lambdas:cli:. python -m benchmarks.merging.speed [--out FILE]

Runs in an environment with the packages of benchmarks/merging/peers.txt. A process makes the
boxes, merges once to warm up (compilers, caches), then is measured: the best of three up to
200,000 boxes, else one. "SAHI as used" is its own objects, shifted to the page and merged.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.merging.detection_sets import DetectionSet
from tilescout.merging import merge_detections
from tilescout.tiling.grid import TileGrid

SIZES = (10_000, 20_000, 100_000, 200_000, 1_000_000, 2_000_000)
GRID = TileGrid(640, 128)
LABELS = 10
MIN_SIDE_PX = 8
# Beyond these a merge takes minutes or more memory than the machine has.
MAX_BOXES = {"SAHI as used": 200_000, "supervision NMM": 20_000}
NEEDED = ("Tilescout", "SAHI as used", "supervision NMM", "lsnms NMS")


def boxes_of_tiles(count: int, seed: int = 0) -> DetectionSet:
    """Returns about ``count`` boxes of symbols at the density of a full drawing, without ground
    truth."""
    rng = np.random.default_rng(seed)
    side = int(9_000 * np.sqrt(count / 10_000))
    truths = int(count * 0.57)
    centre, size = rng.random((truths, 2)) * side, np.exp(rng.normal(3.4, 0.5, (truths, 2)))
    boxes = np.clip(np.concatenate((centre - size / 2, centre + size / 2), axis=1), 0, side)
    starts = np.array(GRID.starts(side))
    first = np.searchsorted(starts + GRID.size, boxes[:, :2], side="right")
    last = np.searchsorted(starts, boxes[:, 2:], side="left") - 1
    views, owners, tiles = [], [], []
    for step in ((0, 0), (1, 0), (0, 1), (1, 1)):
        at = first + step
        owner = np.flatnonzero((at <= last).all(axis=1))
        low = np.maximum(starts[at[owner]], boxes[owner, :2])
        high = np.minimum(starts[at[owner]] + GRID.size, boxes[owner, 2:])
        seen = (high - low > MIN_SIDE_PX).all(axis=1)
        owner, low, high = owner[seen], low[seen], high[seen]
        corner = starts[at[owner]]
        view = np.concatenate((low, high), axis=1) + np.clip(
            rng.normal(0, 0.7, (len(owner), 4)), -2, 2
        )
        views.append(np.clip(view, np.tile(corner, 2), np.tile(corner + GRID.size, 2)))
        owners.append(owner)
        tiles.append(at[owner, 1] * len(starts) + at[owner, 0])
    owner = np.concatenate(owners)
    corner = np.stack(np.meshgrid(starts, starts), axis=-1).reshape(-1, 2)
    order = rng.permutation(len(owner))
    return DetectionSet(
        name=f"{count:,}",
        page=(float(side), float(side)),
        tile_boxes=np.concatenate((corner, corner + GRID.size), axis=1).astype(np.float64),
        tile_scales=np.ones(len(corner)),
        boxes=np.concatenate(views)[order],
        confidences=rng.uniform(30, 99, len(owner)),
        labels=rng.integers(0, LABELS, truths)[owner][order],
        tiles=np.concatenate(tiles)[order],
        true_boxes=np.empty((0, 4)),
        true_labels=np.empty(0, np.int64),
        owners=np.full(len(owner), -1),
    )


def _merge(name: str) -> Callable[[DetectionSet], object]:
    if name == "Tilescout":
        return lambda given: merge_detections(
            given.boxes, given.confidences, given.labels, given.tiles, given.tile_boxes, given.page
        )
    # Imported here: the packages take memory that is not Tilescout's.
    from benchmarks.merging import peers

    kind, metric, threshold = peers.DEFAULT
    merges: dict[str, Callable[[DetectionSet], object]] = {
        "SAHI as used": partial(peers.sahi, kind=kind, metric=metric, threshold=threshold),
        "supervision NMM": peers.supervision_nmm,
        "lsnms NMS": peers.lsnms_nms,
    }
    return merges[name]


def measure(name: str, count: int) -> dict[str, float]:
    """Returns boxes, CPU seconds of one merge, and the MB by which the process grew."""
    merge = _merge(name)
    given = boxes_of_tiles(count)
    merge(boxes_of_tiles(1_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = []
    for _ in range(5 if count <= 200_000 else 2):
        start = time.process_time()
        merge(given)
        seconds.append(time.process_time() - start)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "boxes": len(given.boxes),
        "seconds": min(seconds),
        "more_mb": (after - before) / 1024,
    }


def _apart(name: str, count: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.merging.speed", "--one", name, str(count)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def table(found: dict[tuple[str, int], dict[str, float]]) -> str:
    head = "| merge | boxes | CPU s | boxes a CPU second | time(2n) / time(n) | MB more |"
    lines = [head, "|---|---|---|---|---|---|"]
    for (name, count), timing in found.items():
        twice = found.get((name, 2 * count))
        ratio = f"{twice['seconds'] / timing['seconds']:.2f}" if twice else ""
        lines.append(
            f"| {name} | {timing['boxes']:,.0f} | {timing['seconds']:.3f} "
            f"| {timing['boxes'] / timing['seconds']:,.0f} | {ratio} | {timing['more_mb']:,.0f} |"
        )
    return "\n".join(lines) + "\n"


def rows(names: Sequence[str]) -> dict[tuple[str, int], dict[str, float]]:
    found = {}
    for name in names:
        for count in SIZES:
            if count <= MAX_BOXES.get(name, count):
                found[name, count] = _apart(name, count)
                print(name, count, found[name, count], flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", nargs=2, metavar=("MERGE", "BOXES"), help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.one[0], int(asked.one[1]))))
        return
    text = table(rows(NEEDED))
    print(text)
    if asked.out:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        asked.out.write_text(text)


if __name__ == "__main__":
    main()
