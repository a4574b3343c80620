"""Building and checking data sets, and what of them is shown."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer
from rich.table import Table

from tilescout.errors import TilescoutError
from tilescout_cli.console import terminal
from tilescout_cli.console.failures import BadUsage, CommandFailed
from tilescout_cli.console.progress_view import ProgressView
from tilescout_cli.console.terminal import plain
from tilescout_cli.evaluation import reading_view
from tilescout_cli.stack import cdk_profiles
from tilescout_datasets import datasets, html_report, pictures, report
from tilescout_datasets.annotations import AnnotatedPage, LookAlike, UnusableAnnotations
from tilescout_datasets.datasets import Dataset, Shares
from tilescout_datasets.formats import detect_format
from tilescout_datasets.formats.detect_format import Format
from tilescout_datasets.formats.import_pages import Imported
from tilescout_datasets.page_source import CutPage
from tilescout_datasets.report import DatasetReport

RECORDS = "records.json"
PICTURE, PAGE = "check.png", "check.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A data set to build in ``out``; ``anyway`` keeps pages whose boxes are not on objects."""

    profile: str | None
    out: Path
    shares: Shares
    prefix: str
    anyway: bool


def imported(annotations: list[Path], form: Format | None, *, strict: bool) -> Imported:
    """Returns the annotated pages of files, and says what was left out.

    Raises BadUsage where one cannot be read, and with ``strict`` where a record is left out.
    """
    try:
        result = detect_format.read(annotations, form)
    except (UnusableAnnotations, TilescoutError, OSError) as error:
        raise BadUsage(str(error)) from error
    reading_view.tell(result.table, strict=strict)
    return result


def build(imported: Imported, order: Order, *, as_json: bool) -> None:
    """Writes a data set of the pages, cut as the profile does, and shows what it holds.

    Raises BadUsage where it cannot be built.
    """
    chosen = cdk_profiles.read().named(order.profile)

    def tell(page: AnnotatedPage, cut: CutPage) -> None:
        count = terminal.counted(len(page.annotations), "object")
        terminal.say(f"{page.path.name} page {page.page}: {count}")
        reading_view.check_placement(page, cut, order.out, anyway=order.anyway)

    try:
        built = datasets.build(
            imported.pages, chosen, order.out, order.shares, prefix=order.prefix, on_page=tell
        )
    except (UnusableAnnotations, TilescoutError, OSError) as error:
        raise BadUsage(str(error)) from error
    records = json.dumps(imported.table.as_json(), indent=1)
    (order.out / RECORDS).write_text(f"{records}\n", encoding="utf-8")
    _show(built, order.out, None, as_json=as_json)


def check(folder: Path, *, with_look_alikes: bool, strict: bool, as_json: bool) -> None:
    """Shows what a data set holds and what is wrong with it.

    Ends the command with 1 for an error, and with ``strict`` for a warning, too. Raises BadUsage
    where the folder cannot be read.
    """
    try:
        dataset = datasets.read(folder)
        alike = _look_alikes(dataset) if with_look_alikes else None
    except (UnusableAnnotations, OSError) as error:
        raise BadUsage(str(error)) from error
    result = _show(dataset, folder, alike, as_json=as_json)
    if result.has_errors or (strict and result.faults):
        raise typer.Exit(CommandFailed.exit_code)


def _look_alikes(dataset: Dataset) -> list[LookAlike]:
    if find_spec("cv2") is None:
        raise BadUsage(
            "look-alikes need opencv; install it: pip install 'tilescout[local]', or leave them "
            "out: --no-look-alikes"
        )
    # Half a second that no other command pays.
    from tilescout_datasets import look_alikes

    with ProgressView() as view:
        return look_alikes.find(
            dataset.train + dataset.test,
            lambda done, of: view.step("looking for look-alikes", f"tile {done} of {of}"),
        )


def _show(
    dataset: Dataset, folder: Path, alike: list[LookAlike] | None, *, as_json: bool
) -> DatasetReport:
    result = report.report(dataset, alike)
    pictures.sheet(pictures.examples(dataset)).save(folder / PICTURE)
    (folder / PAGE).write_text(html_report.page(dataset, result), encoding="utf-8")
    if as_json:
        terminal.print_json(_row(result))
        return result
    terminal.out.print(_labels(result))
    typer.echo(
        f"{result.train_tiles} tiles to train with, {result.test_tiles} of held-out pages, "
        f"{result.empty:.0%} without an object; what the network sees: {folder / PAGE}"
    )
    for each in result.faults:
        terminal.say(f"tilescout: {each.severity}: {each.text}")
    return result


def _row(result: DatasetReport) -> dict[str, Any]:
    """Returns the members for JSON; the box of a look-alike in page px."""
    alike = None if result.look_alikes is None else [
        {
            "label": each.label, "page": each.page, "likeness": round(each.likeness, 3),
            "box_px": [round(side, 1) for side in (each.box.left, each.box.top, each.box.right,
                                                   each.box.bottom)],
        }
        for each in result.look_alikes
    ]  # fmt: skip
    return {
        "train_tiles": result.train_tiles,
        "test_tiles": result.test_tiles,
        "empty": result.empty,
        "labels": [asdict(each) for each in result.labels],
        "faults": [asdict(each) for each in result.faults],
        "look_alikes": alike,
    }


def _labels(result: DatasetReport) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("label", no_wrap=True, overflow="ellipsis", max_width=24)
    for name in ("train", "test", "smallest px", "median px"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in result.labels:
        sides = (f"{each.smallest_px:.0f}", f"{each.median_px:.0f}")
        table.add_row(*map(plain, (each.label, each.train, each.test, *sides)))
    return table
