"""Figures that an evaluation must reach, else the command fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tilescout_cli.console.failures import BadUsage, CommandFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The least and the greatest value of figures, by the figure's name."""

    minimum: Mapping[str, float]
    maximum: Mapping[str, float]

    @classmethod
    def parsed(cls, minimum: Sequence[str], maximum: Sequence[str]) -> Limits:
        """Returns the limits of options such as f1=0.9. Raises BadUsage for anything else."""
        return cls(
            minimum=dict(_parsed("--min", text) for text in minimum),
            maximum=dict(_parsed("--max", text) for text in maximum),
        )

    def check(self, figures: Mapping[str, float]) -> None:
        """Raises CommandFailed with every figure out of its limits, BadUsage for one that is not
        measured.
        """
        low = [_broken("--min", *each, figures, "under") for each in self.minimum.items()]
        high = [_broken("--max", *each, figures, "over") for each in self.maximum.items()]
        broken = [text for text in (*low, *high) if text]
        if broken:
            raise CommandFailed("; ".join(broken))


def _parsed(option: str, text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError as error:
        raise BadUsage(
            f"{option} takes FIGURE=VALUE such as recall=0.95; received {text!r}"
        ) from error


def _broken(option: str, name: str, limit: float, figures: Mapping[str, float], side: str) -> str:
    if name not in figures:
        raise BadUsage(
            f"{option} {name} is not measured here, only {', '.join(figures)}; leave it out"
        )
    is_kept = figures[name] >= limit if side == "under" else figures[name] <= limit
    return "" if is_kept else f"{name} {figures[name]:.4f} is {side} {option} {name}={limit:g}"
