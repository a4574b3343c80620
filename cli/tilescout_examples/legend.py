"""The symbols of a drawing's legend as examples, each with its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tilescout.errors import TilescoutError
from tilescout.geometry import Box, union
from tilescout.rendering.render import inspect_document
from tilescout.sheet_layout.layout import SheetLayout
from tilescout.sheet_layout.legend import read_legend
from tilescout.sheet_layout.words import SheetWord
from tilescout_examples.boxes import BoxOnPage
from tilescout_examples.pages import SheetPage, layout_of, sheet_of

MAX_PAGES = 10_000


class NoLegend(TilescoutError):
    """A file without a legend that could be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegendOfFile:
    """The symbols of a file's legends as boxes with labels.

    ``blocks`` are the legends; ``without_symbol`` counts lines of text in them that belong to no
    symbol.
    """

    examples: tuple[BoxOnPage, ...]
    blocks: tuple[BoxOnPage, ...]
    without_symbol: int = 0


def legend_of(file: Path, pages: tuple[int, int] | None = None) -> LegendOfFile:
    """Returns the symbols of the legends on the pages of a file (first, last; all where None).

    Raises NoLegend where no page has a legend with a symbol that stands beside its name.
    """
    count = inspect_document(file, max_pages=MAX_PAGES).page_count
    first, last = pages or (1, count)
    read = [each for page in range(first, min(last, count) + 1) for each in _on_page(file, page)]
    examples = [example for each in read for example in each.examples]
    if not examples:
        raise NoLegend(_why_not(file, bool(read)))
    return LegendOfFile(
        examples=tuple(examples),
        blocks=tuple(block for each in read for block in each.blocks),
        without_symbol=sum(each.without_symbol for each in read),
    )


def _on_page(file: Path, page: int) -> Iterator[LegendOfFile]:
    """Yields each legend of a page; a page without any is not drawn in full."""
    legends = _legends(layout_of(file, page))
    if not legends:
        return
    sheet = sheet_of(file, page)
    for block in legends:
        legend = read_legend(sheet.scan.grey, sheet.scan.pixel, block, _words(sheet))
        symbols = [BoxOnPage(file, page, each.box, each.name) for each in legend.entries]
        area = union([block, *(each.box for each in symbols)])
        yield LegendOfFile(
            examples=tuple(symbols),
            blocks=(BoxOnPage(file, page, area, "legend"),),
            without_symbol=legend.without_symbol,
        )


def _legends(layout: SheetLayout) -> list[Box]:
    return [box for name, box in layout.blocks if name == "legend"]


def _words(sheet: SheetPage) -> list[SheetWord]:
    return [SheetWord(word.text, word.box.scale(sheet.scan.pixel)) for word in sheet.words]


def _why_not(file: Path, has_block: bool) -> str:
    found = "no symbol beside a name" if has_block else "no heading such as LEGEND"
    return (
        f"a legend has symbols with their names beside them, in words of the PDF; {file.name} "
        f"has {found}; draw boxes round symbols instead"
    )


def as_arguments(legend: LegendOfFile) -> list[str]:
    """Returns the examples as they are typed: FILE#PAGE:LEFT,TOP,RIGHT,BOTTOM=LABEL."""
    return [_argument(each) for each in legend.examples]


def _argument(example: BoxOnPage) -> str:
    box = example.box
    sides = ",".join(f"{side:.1f}" for side in (box.left, box.top, box.right, box.bottom))
    return f"{example.file}#{example.page}:{sides}={example.label}"
