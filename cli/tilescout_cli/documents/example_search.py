"""Finds symbols by example in files, and shows and writes what was found."""

from __future__ import annotations

import json
import shlex
from dataclasses import astuple, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import typer
from rich.table import Table

from tilescout.intake.page_ranges import parse_pages
from tilescout_cli.console import terminal
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.console.progress_view import ProgressView
from tilescout_cli.console.terminal import counted, plain
from tilescout_cli.stack import paths
from tilescout_examples import outputs
from tilescout_examples.boxes import parse_box
from tilescout_examples.legend import LegendOfFile, as_arguments, legend_of
from tilescout_examples.saved_profile import (
    ImpossibleName,
    ProfilePlaces,
    check_name,
    write_profile,
)
from tilescout_examples.search import SearchRequest, SearchResult, learn, search
from tilescout_examples.training_labels import ANNOTATIONS, write_training_labels

POOR_FINDS = 4
PROFILE_SIZES = (0.8, 1.3)
LEGEND = "#legend"
"""The end of an argument that takes all symbols of a file's legend as examples."""


@dataclass(frozen=True, slots=True)
class SearchProgress:
    """Pages searched, of how many, and finds so far."""

    done: int
    every: int
    finds: int

    @property
    def stage(self) -> str:
        return "searching"

    @property
    def summary(self) -> str:
        return f"searching: {self.done} of {counted(self.every, 'page')}, {self.finds} found"

    @property
    def bars(self) -> list[tuple[str, int, int]]:
        return [("pages", self.done, self.every)]

    @property
    def facts(self) -> list[tuple[str, str]]:
        return [("found", str(self.finds))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The folders for results and for labels for training, and the name of a profile to write."""

    out: Path
    dataset: Path | None
    profile: str


def find_like(
    arguments: list[str],
    rejects: list[str],
    bounds: tuple[float, str],
    places: Places,
    as_json: bool,
) -> None:
    """Searches, shows counts and writes files.

    ``bounds`` are the least score and the pages.
    """
    request = _request(arguments, rejects, bounds)
    if places.profile:
        _check_profile_name(places.profile)
    with ProgressView() as view:
        view.step("learning the symbol")
        result = search(
            request, lambda done, every, finds: view.show(SearchProgress(done, every, finds))
        )
    if places.dataset:
        _write_labels(result, places.dataset)
    if places.profile:
        _save_profile(request, places, result.legend_ratio)
    if as_json:
        typer.echo(json.dumps(outputs.as_json(result), indent=2))
        return
    _show(result, request.least)
    _write(result, request.least, places.out)


def _check_profile_name(name: str) -> None:
    try:
        check_name(name)
    except ImpossibleName as error:
        raise BadUsage(str(error)) from error


def _save_profile(request: SearchRequest, places: Places, ratio: float) -> None:
    least, most = PROFILE_SIZES
    if ratio and not least <= ratio <= most:
        raise BadUsage(
            f"a profile finds symbols of {least:g} to {most:g} times their examples' size; those "
            f"of the drawing are {ratio:.2f} times as large as in the legend; give boxes of the "
            "drawing instead"
        )
    written_to = ProfilePlaces(configuration=paths.own_configuration(), folder=places.out)
    terminal.say(write_profile(learn(request), places.profile, request.least, written_to).told)


def _request(arguments: list[str], rejects: list[str], bounds: tuple[float, str]) -> SearchRequest:
    legends = [legend_of(_existing(text)) for text in arguments if _is_legend(text)]
    boxes = [text for text in arguments if _is_box(text) and not _is_legend(text)]
    of_legends = chain.from_iterable(legend.examples for legend in legends)
    examples = (*map(parse_box, boxes), *of_legends)
    if not examples:
        raise BadUsage(
            "an example is FILE#PAGE:LEFT,TOP,RIGHT,BOTTOM=LABEL; none was given; "
            "for example plan.pdf#1:100,200,130,230=receptacle, or plan.pdf#legend"
        )
    names = [Path(text) for text in arguments if not _is_box(text)]
    files = names or sorted({example.file for example in examples})
    for file in (*files, *(example.file for example in examples)):
        if not file.is_file():
            raise BadUsage(f"{file} does not exist; check the name")
    least, pages = bounds
    return SearchRequest(
        examples=examples,
        rejects=tuple(map(parse_box, rejects)),
        files=tuple(dict.fromkeys(files)),
        pages=parse_pages(pages),
        least=least,
        legends=tuple(chain.from_iterable(legend.blocks for legend in legends)),
    )


def _is_legend(text: str) -> bool:
    return text.endswith(LEGEND) and not Path(text).exists()


def _existing(argument: str) -> Path:
    file = Path(argument.removesuffix(LEGEND))
    if not file.is_file():
        raise BadUsage(f"{file} does not exist; check the name")
    return file


def _is_box(text: str) -> bool:
    return "#" in text and not Path(text).exists()


def _show(result: SearchResult, least: float) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("file", "page", "label", "found"):
        table.add_column(name, justify="right" if name in ("page", "found") else "left")
    for file, page, label, number in outputs.counts(result):
        table.add_row(plain(Path(file).name), plain(page), plain(label), plain(number))
    terminal.out.print(table)
    for skipped, number, reason in result.skipped:
        terminal.say(f"not searched: page {number} of {skipped.name}: {reason}")
    for noted, number, note in result.notes:
        terminal.say(f"page {number} of {noted.name}: {note}")
    if result.withheld:
        terminal.say(
            f"{counted(len(result.withheld), 'place')} withheld, with the reason in finds.csv"
        )
    if len(result.finds) < POOR_FINDS:
        terminal.say(
            "few were found: draw the box closely round one whole symbol without other strokes, "
            "give a second example, or lower --least"
        )


def _write_labels(result: SearchResult, folder: Path) -> None:
    written = write_training_labels(result, folder)
    terminal.say(
        f"labels for training in {folder / ANNOTATIONS}: "
        f"{counted(written.labelled, 'find')} labelled and {written.ignored} ignored "
        f"on {counted(written.pages, 'page')}"
    )
    if written.pages_left_out:
        terminal.say(
            f"{counted(written.pages_left_out, 'page')} left out of them, without a sure find"
        )


def _write(result: SearchResult, least: float, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    outputs.write_csv(result, out / "finds.csv")
    (out / "finds.json").write_text(json.dumps(outputs.as_json(result), indent=2) + "\n")
    left_out = outputs.write_contact_sheet(result, out / "contact_sheet.png", least)
    drawings = outputs.write_annotated(result, out)
    names = ", ".join(["finds.csv", "finds.json", "contact_sheet.png", *(d.name for d in drawings)])
    terminal.say(f"written to {out}: {names}")
    if left_out:
        terminal.say(f"the contact sheet leaves out {left_out}, the surest; finds.csv has all")


def show_legend(file: Path, pages: str, as_json: bool) -> None:
    """Prints the symbols of a file's legends with their boxes, to be searched for."""
    legend = legend_of(_existing(str(file)), parse_pages(pages))
    if as_json:
        typer.echo(json.dumps(_legend_json(legend), indent=2))
        return
    for argument in as_arguments(legend):
        typer.echo(shlex.quote(argument))
    terminal.say(
        f"{counted(len(legend.examples), 'symbol')}; search for them with "
        f"`tilescout find-like {shlex.quote(f'{file}{LEGEND}')} PDF...`"
    )
    if legend.without_symbol:
        terminal.say(f"{counted(legend.without_symbol, 'line')} of text without a symbol")


def _legend_json(legend: LegendOfFile) -> dict[str, Any]:
    symbols = zip(legend.examples, as_arguments(legend), strict=True)
    return {
        "symbols": [
            {
                "name": each.label,
                "page": each.page,
                "box_pt": [round(side, 1) for side in astuple(each.box)],
                "argument": argument,
            }
            for each, argument in symbols
        ],
        "lines_without_symbol": legend.without_symbol,
    }
