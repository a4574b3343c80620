"""Figures that an evaluation must reach, else the command fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from tilescout_cli.console.failures import BadUsage, CommandFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """None is not asked for; ``max_cer`` is the only one from above."""

    min_f1: float | None = None
    min_recall: float | None = None
    min_precision: float | None = None
    min_map: float | None = None
    max_cer: float | None = None

    def check(self, figures: Mapping[str, float]) -> None:
        """Raises CommandFailed with every figure that is not reached, BadUsage for one that is not
        measured."""
        broken = []
        for each in fields(self):
            limit, (bound, name) = getattr(self, each.name), each.name.split("_", 1)
            if limit is None:
                continue
            option = f"--{bound}-{name}"
            if name not in figures:
                raise BadUsage(
                    f"{option} is not measured here, but {', '.join(figures)}; leave it out"
                )
            reached = figures[name] >= limit if bound == "min" else figures[name] <= limit
            if not reached:
                side = "under" if bound == "min" else "over"
                broken.append(f"{name} {figures[name]:.4f} is {side} {option} {limit:g}")
        if broken:
            raise CommandFailed("; ".join(broken))
