"""Shows the scores of every merge as tables, and the rows that speak most against Tilescout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.merging.scoring import Score

OURS, SUPPRESSED, ORACLE = "Tilescout", "Tilescout, same_tile_iou .25", "oracle"
SAHI_DEFAULT = "SAHI GREEDYNMM IOS 0.5"
OTHERS = ("supervision NMM", "supervision NMS", "lsnms NMS")
ENOUGH = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A scene or real set with the score of every merge by its name."""

    name: str
    is_hard: bool
    boxes: int
    scores: dict[str, Score]

    def best_of_sahi(self) -> str:
        return max((name for name in self.scores if "SAHI" in name), key=lambda n: self.f1(n))

    def best_of_sahi_at_seams(self) -> float:
        return max(row.seam_f1 for name, row in self.scores.items() if "SAHI" in name)

    def f1(self, name: str, step: int = 0) -> float:
        return self.scores[name].f1(step)

    @property
    def gain(self) -> float:
        return self.f1(OURS) - self.f1(self.best_of_sahi())

    @property
    def gain_of_better(self) -> float:
        """The gain with ``same_tile_iou`` chosen after the fact, as SAHI's settings are."""
        return max(self.f1(OURS), self.f1(SUPPRESSED)) - self.f1(self.best_of_sahi())

    @property
    def gain_at_seams(self) -> float:
        return self.scores[OURS].seam_f1 - self.best_of_sahi_at_seams()

    @property
    def oracles_gain_at_seams(self) -> float:
        return self.scores[ORACLE].seam_f1 - self.best_of_sahi_at_seams()


def tables(found: Sequence[Compared]) -> str:
    return "\n".join((_f1_table(found), _detail_table(found), _in_short(found)))


def _f1_table(found: Sequence[Compared]) -> str:
    head = (
        "| detections | truths | boxes | oracle | Tilescout | same_tile_iou .25 | SAHI default "
        "| SAHI best of 24 | which | supervision NMM | NMS | lsnms | gain over SAHI's best |"
    )
    lines = [head, "|---|---|---|---|---|---|---|---|---|---|---|---|---|"]
    for row in found:
        best = row.best_of_sahi()
        others = " | ".join(f"{row.f1(name):.4f}" for name in OTHERS)
        lines.append(
            f"| {row.name} | {row.scores[OURS].truths:,} | {row.boxes:,} "
            f"| {row.f1(ORACLE):.4f} | {row.f1(OURS):.4f} "
            f"| {row.f1(SUPPRESSED):.4f} | {row.f1(SAHI_DEFAULT):.4f} "
            f"| {row.f1(best):.4f} | {best.removeprefix('SAHI ')} | {others} | {row.gain:+.4f} |"
        )
    return "\n".join(lines) + "\n"


def _detail_table(found: Sequence[Compared]) -> str:
    head = (
        "| detections | F1 at a seam | SAHI's best there | F1 at .75 | SAHI | at .9 | SAHI "
        "| duplicates, of truths | oracle | SAHI | split | oracle | SAHI | gap to the oracle |"
    )
    lines = [head, "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"]
    for row in found:
        own, known, best = (row.scores[name] for name in (OURS, ORACLE, row.best_of_sahi()))
        lines.append(
            f"| {row.name} | {own.seam_f1:.4f} | {row.best_of_sahi_at_seams():.4f} "
            f"| {own.f1(1):.4f} | {best.f1(1):.4f} | {own.f1(2):.4f} | {best.f1(2):.4f} "
            f"| {own.duplicate_share:.2%} | {known.duplicate_share:.2%} "
            f"| {best.duplicate_share:.2%} | {own.split} | {known.split} | {best.split} "
            f"| {row.f1(ORACLE) - row.f1(OURS):.4f} |"
        )
    return "\n".join(lines) + "\n"


def _in_short(found: Sequence[Compared]) -> str:
    """Returns the rows that speak most against Tilescout."""
    least = min(found, key=lambda row: row.gain)
    at_seams = min(found, key=lambda row: row.gain_at_seams)
    doubled = max(found, key=lambda row: row.scores[OURS].duplicate_share)
    better = min(found, key=lambda row: row.gain_of_better)
    hard = [row for row in found if row.is_hard]
    less = [row for row in hard if row.gain_at_seams < ENOUGH]
    return (
        f"Least gain over SAHI's best: {least.gain:+.4f} ({least.name}); at seams "
        f"{at_seams.gain_at_seams:+.4f} ({at_seams.name}). At seams it is {ENOUGH} or more in "
        f"{len(hard) - len(less)} of {len(hard)} rows{_but_easy(found)}{_at_most(less)}. Most "
        f"duplicates: {doubled.scores[OURS].duplicate_share:.2%} of the truths ({doubled.name}). "
        "With `same_tile_iou` .8 or .25, chosen after the fact as SAHI's settings are, the least "
        f"gain is {better.gain_of_better:+.4f} ({better.name}).\n"
    )


def _but_easy(found: Sequence[Compared]) -> str:
    return "" if all(row.is_hard for row in found) else ", the easy scene apart"


def _at_most(less: Sequence[Compared]) -> str:
    if not less:
        return ""
    most = max(row.oracles_gain_at_seams for row in less)
    return f"; in the other {len(less)} the oracle's own gain there is {most:+.4f} at most"
