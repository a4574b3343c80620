"""Measures how much larger a drawing's symbols are than those of its legend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from tilescout.example_search import Finding, LearnedSymbol, PageFindings
from tilescout_examples.symbols import Symbols

SIZES = (1.0, 0.64, 1.56, 0.41, 2.43)
"""Sizes to try: each is looked for from .8 to 1.3 times, so these reach from .33 to 3.2."""
SURE = 0.8
ENOUGH = 3
"""So many sure finds settle the size; other sizes are then not looked for."""
MAX_TRIED = 3
"""Symbols that are looked for in each size: those with the most strokes tell the surest."""
Search = Callable[[Path, int, Symbols, float], PageFindings | str]


@dataclass(frozen=True, slots=True)
class DrawnSize:
    """The size in which to look for symbols, as a factor of their examples'; ``ratio`` is that of
    the ``finds`` that told it, 0 where there are none."""

    size: float = 1.0
    ratio: float = 0.0
    finds: int = 0

    @property
    def told(self) -> str:
        """Returns a sentence for people."""
        if not self.finds:
            return "no symbol of the legend was found in any size from 0.33 to 3.2 times its own"
        return (
            f"symbols are drawn {self.ratio:.2f} times as large as in the legend, "
            f"measured on {self.finds} finds"
        )


def drawn_size(
    place: tuple[Path, int], symbols: Symbols, search: Search, is_counted: Callable[[Finding], bool]
) -> DrawnSize:
    """Returns the first size with enough sure finds on a page, else that with the most.

    ``is_counted`` leaves out the legend.
    """
    tried = _most_telling(symbols)
    best = DrawnSize()
    for size in SIZES:
        outcome = search(*place, tried, size)
        if isinstance(outcome, str):
            continue
        sure = [each for each in outcome.findings if each.score >= SURE and is_counted(each)]
        if len(sure) > best.finds:
            best = DrawnSize(size, median(each.scale for each in sure), len(sure))
        if best.finds >= ENOUGH:
            break
    return best


def _most_telling(symbols: Symbols) -> Symbols:
    """Returns the symbols with the most strokes, and their examples."""
    if symbols.strokes is None:
        return replace(symbols, examples=symbols.examples[:MAX_TRIED])
    order = sorted(range(len(symbols.strokes)), key=lambda n: -_strokes(symbols.strokes, n))
    chosen = sorted(order[:MAX_TRIED])
    return replace(
        symbols,
        examples=tuple(symbols.examples[n] for n in chosen),
        strokes=tuple(symbols.strokes[n] for n in chosen),
    )


def _strokes(symbols: Sequence[LearnedSymbol] | None, number: int) -> int:
    return len(symbols[number].template.segments) if symbols else 0
