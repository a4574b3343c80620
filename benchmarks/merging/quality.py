"""The same detections through every merge, scored against the ground truth.

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
from dataclasses import dataclass
from pathlib import Path

from benchmarks.merging import peers
from benchmarks.merging.detection_sets import DetectionSet, read
from benchmarks.merging.scenes import SCENES, detected
from benchmarks.merging.scoring import Merged, Score, oracle, score, total
from tilescout.merging import merge_detections

OURS, ORACLE, DEFAULT = "Tilescout", "oracle", "SAHI {} {} {:g}".format(*peers.DEFAULT)
ENOUGH = 0.02
OTHERS = {
    "supervision NMM": peers.supervision_nmm,
    "supervision NMS": peers.supervision_nms,
    "lsnms NMS": peers.lsnms_nms,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One scene or real set: the score of every merge by its name."""

    name: str
    is_hard: bool
    boxes: int
    scores: dict[str, Score]

    def best_of_sahi(self) -> str:
        return max((name for name in self.scores if "SAHI" in name), key=lambda n: self.f1(n))

    def best_of_sahi_at_seams(self) -> float:
        return max(each.seam_f1 for name, each in self.scores.items() if "SAHI" in name)

    def f1(self, name: str, step: int = 0) -> float:
        return self.scores[name].f1(step)

    @property
    def gain(self) -> float:
        return self.f1(OURS) - self.f1(self.best_of_sahi())

    @property
    def gain_at_seams(self) -> float:
        return self.scores[OURS].seam_f1 - self.best_of_sahi_at_seams()


def ours(given: DetectionSet) -> Merged:
    found = merge_detections(
        given.boxes,
        given.confidences,
        given.labels,
        given.tiles,
        given.tile_boxes,
        given.page,
        given.text_labels,
        given.tile_scales,
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
    if (given.owners >= 0).any():
        yield ORACLE, oracle(given)
    for name, merge in peers.sahi_grid().items():
        yield name, merge(given)
    for name, other in OTHERS.items():
        yield name, other(given)


def tables(found: Sequence[Compared]) -> str:
    return "\n".join((_f1_table(found), _detail_table(found), _in_short(found)))


def _f1_table(found: Sequence[Compared]) -> str:
    head = (
        "| detections | truths | boxes | oracle | Tilescout | SAHI default | SAHI best of 24 "
        "| which | supervision NMM | NMS | lsnms | gain over SAHI's best |"
    )
    lines = [head, "|---|---|---|---|---|---|---|---|---|---|---|---|"]
    for each in found:
        best = each.best_of_sahi()
        oracle_f1 = f"{each.f1(ORACLE):.4f}" if ORACLE in each.scores else ""
        others = " | ".join(f"{each.f1(name):.4f}" for name in OTHERS)
        lines.append(
            f"| {each.name} | {each.scores[OURS].truths:,} | {each.boxes:,} | {oracle_f1} "
            f"| {each.f1(OURS):.4f} | {each.f1(DEFAULT):.4f} | {each.f1(best):.4f} "
            f"| {best.removeprefix('SAHI ')} | {others} | {each.gain:+.4f} |"
        )
    return "\n".join(lines) + "\n"


def _detail_table(found: Sequence[Compared]) -> str:
    head = (
        "| detections | F1 at a seam | SAHI's best there | F1 at .75 | SAHI | at .9 | SAHI "
        "| duplicates, of truths | SAHI | split | SAHI | gap to the oracle |"
    )
    lines = [head, "|---|---|---|---|---|---|---|---|---|---|---|---|"]
    for each in found:
        own, best = each.scores[OURS], each.scores[each.best_of_sahi()]
        gap = f"{each.f1(ORACLE) - each.f1(OURS):.4f}" if ORACLE in each.scores else ""
        lines.append(
            f"| {each.name} | {own.seam_f1:.4f} | {each.best_of_sahi_at_seams():.4f} "
            f"| {own.f1(1):.4f} | {best.f1(1):.4f} | {own.f1(2):.4f} | {best.f1(2):.4f} "
            f"| {own.duplicate_share:.2%} | {best.duplicate_share:.2%} "
            f"| {own.split} | {best.split} | {gap} |"
        )
    return "\n".join(lines) + "\n"


def _in_short(found: Sequence[Compared]) -> str:
    """The rows that speak most against Tilescout."""
    least = min(found, key=lambda each: each.gain)
    at_seams = min(found, key=lambda each: each.gain_at_seams)
    doubled = max(found, key=lambda each: each.scores[OURS].duplicate_share)
    hard = sum(each.is_hard and each.gain_at_seams >= ENOUGH for each in found)
    return (
        f"Least gain over SAHI's best: {least.gain:+.4f} ({least.name}); at seams "
        f"{at_seams.gain_at_seams:+.4f} ({at_seams.name}). At seams it is {ENOUGH} or more in "
        f"{hard} of {sum(each.is_hard for each in found)} rows{_but_easy(found)}. Most "
        f"duplicates: {doubled.scores[OURS].duplicate_share:.2%} of the truths ({doubled.name}).\n"
    )


def _but_easy(found: Sequence[Compared]) -> str:
    return "" if all(each.is_hard for each in found) else ", the easy scene apart"


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
    for each in every(asked.sets, asked.seeds):
        found.append(each)
        print(each.name, f"{each.f1(OURS):.4f}", each.best_of_sahi(), flush=True)
        if asked.out:
            asked.out.parent.mkdir(parents=True, exist_ok=True)
            asked.out.write_text(tables(found))


if __name__ == "__main__":
    main()
