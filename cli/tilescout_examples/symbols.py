"""Learns the symbols in a person's boxes, from strokes and, for scanned pages, from pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol, TypeVar

from tilescout.example_search import (
    Example,
    LearnedSymbol,
    PixelSymbol,
    ScannedPage,
    learn_pixels,
    learn_symbol,
    with_common_lettering,
    with_pixel_reject,
    with_reject,
)
from tilescout.example_search.symbol_files import SymbolFile
from tilescout.geometry import Box
from tilescout_examples.boxes import BoxOnPage
from tilescout_examples.pages import pixels_of, strokes_of

Page = TypeVar("Page")
Symbol = TypeVar("Symbol")


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbols:
    """The symbols of boxes; ``strokes`` is None where an example lies on a scanned page.

    What scanned pages are searched with is learned when the first one is met.
    """

    examples: tuple[BoxOnPage, ...]
    rejects: tuple[BoxOnPage, ...]
    strokes: tuple[LearnedSymbol, ...] | None

    def pixels(self) -> tuple[PixelSymbol, ...]:
        """Returns a symbol per example for scanned pages; raises TilescoutError."""
        return _pixel_symbols(self.examples, self.rejects)

    def notes(self, at: int) -> tuple[str, ...]:
        """Returns the weaknesses of an example, with what to do about each."""
        symbols = self.pixels() if self.strokes is None else self.strokes
        return symbols[at].notes


class PageSymbols(Protocol):
    """The symbols that a page is searched for, learned for strokes, if possible, and for pixels."""

    @property
    def strokes(self) -> tuple[LearnedSymbol, ...] | None: ...

    def pixels(self) -> tuple[PixelSymbol, ...]: ...


@dataclass(frozen=True, slots=True)
class StoredSymbols:
    """The symbols of a file of examples."""

    file: SymbolFile

    @property
    def strokes(self) -> tuple[LearnedSymbol, ...] | None:
        return self.file.strokes or None

    def pixels(self) -> tuple[PixelSymbol, ...]:
        return self.file.pixels


def learn_symbols(examples: Sequence[BoxOnPage], rejects: Sequence[BoxOnPage]) -> Symbols:
    """Returns a learned symbol per example, with the counter-examples.

    Raises TilescoutError where an example's page or box cannot be used.
    """
    pages = {(place.file, place.page) for place in (*examples, *rejects)}
    strokes = {place: strokes_of(*place) for place in sorted(pages)}
    drawn = {place: page for place, page in strokes.items() if page is not None}
    if len(drawn) < len(strokes):
        symbols = Symbols(examples=tuple(examples), rejects=tuple(rejects), strokes=None)
        symbols.pixels()
        return symbols
    learned = [_learned(drawn, example, rejects, learn_symbol, with_reject) for example in examples]
    return Symbols(
        examples=tuple(examples),
        rejects=tuple(rejects),
        strokes=tuple(with_common_lettering(learned)),
    )


@lru_cache(maxsize=2)
def _pixel_symbols(
    examples: tuple[BoxOnPage, ...], rejects: tuple[BoxOnPage, ...]
) -> tuple[PixelSymbol, ...]:
    pages: dict[tuple[Path, int], ScannedPage] = {}
    for place in (*examples, *rejects):
        key = (place.file, place.page)
        pages[key] = pages.get(key) or pixels_of(*key)
    return tuple(
        _learned(pages, example, rejects, learn_pixels, with_pixel_reject) for example in examples
    )


def _learned(
    pages: dict[tuple[Path, int], Page],
    example: BoxOnPage,
    rejects: Sequence[BoxOnPage],
    learn: Callable[[Page, Example], Symbol],
    reject_at: Callable[[Page, Symbol, Box], Symbol],
) -> Symbol:
    """Returns the symbol of an example that knows the counter-examples."""
    symbol = learn(pages[example.file, example.page], Example(example.box, example.label))
    for reject in rejects:
        symbol = reject_at(pages[reject.file, reject.page], symbol, reject.box)
    return symbol
