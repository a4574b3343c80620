"""`tilescout dataset`: tiles to train a detector with, from annotated pages."""

from __future__ import annotations

from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from tilescout.errors import TilescoutError
from tilescout_cli.console import terminal
from tilescout_cli.console.failures import BadUsage, CommandFailed
from tilescout_cli.console.options import Json, ProfileName, example
from tilescout_cli.console.progress_view import ProgressView
from tilescout_cli.console.terminal import plain
from tilescout_cli.evaluation import reading_view
from tilescout_cli.evaluation.reading_view import Anyway, Strict
from tilescout_cli.stack import cdk_profiles
from tilescout_datasets import datasets, html_report, pictures, report
from tilescout_datasets.annotations import AnnotatedPage, LookAlike, UnusableAnnotations
from tilescout_datasets.datasets import EMPTY_SHARE, TEST_SHARE, Dataset, Shares
from tilescout_datasets.formats import detect_format
from tilescout_datasets.formats.detect_format import Format
from tilescout_datasets.page_source import CutPage
from tilescout_datasets.report import DatasetReport

PICTURE, PAGE = "check.png", "check.html"

app = typer.Typer(
    help="Tiles to train a detector with, from annotated pages.",
    epilog=example("tilescout dataset build pages.coco.json --profile symbols --out out/set"),
    no_args_is_help=True,
)
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A data set.", show_default=False)]


@app.command(
    "build",
    epilog=example("tilescout dataset build pages.coco.json --profile symbols --out out/set"),
)
def build(
    annotations: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="COCO, Label Studio, CVAT, YOLO, Pascal VOC, labelme, Ground Truth, Azure or "
            "Vertex AI files, a folder of them, or PDFs with annotations.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to write it.")],
    profile: ProfileName = None,
    form: Annotated[
        Format | None,
        typer.Option("--format", help="Of the files.", show_default="by their content"),
    ] = None,
    test_share: Annotated[
        float, typer.Option("--test-share", min=0, max=1, help="Of the pages, held out.")
    ] = TEST_SHARE,
    empty_share: Annotated[
        float, typer.Option("--empty-share", min=0, max=1, help="Of the tiles, without an object.")
    ] = EMPTY_SHARE,
    seed: Annotated[int, typer.Option("--seed", help="Chooses both.")] = 1,
    prefix: Annotated[
        str, typer.Option("--prefix", metavar="S3", help="s3://bucket/folder/ of the manifests.")
    ] = "",
    strict: Strict = False,
    anyway: Anyway = False,
    as_json: Json = False,
) -> None:
    """Cut annotated pages as a profile does; write COCO and Ground Truth manifests."""
    chosen = cdk_profiles.read().named(profile)
    shares = Shares(test=test_share, empty=empty_share, seed=seed)

    def tell(page: AnnotatedPage, cut: CutPage) -> None:
        count = terminal.counted(len(page.annotations), "object")
        terminal.say(f"{page.path.name} page {page.page}: {count}")
        reading_view.check_placement(page, cut, out, anyway=anyway)

    try:
        imported = detect_format.read(annotations, form)
        reading_view.tell(imported.table, strict=strict)
        built = datasets.build(imported.pages, chosen, out, shares, prefix=prefix, on_page=tell)
    except (UnusableAnnotations, TilescoutError, OSError) as error:
        raise BadUsage(str(error)) from error
    _show(built, out, None, as_json=as_json)


@app.command("check", epilog=example("tilescout dataset check out/set"))
def check(
    folder: Folder,
    with_look_alikes: Annotated[
        bool,
        typer.Option(
            "--look-alikes/--no-look-alikes", help="Look for objects that nobody annotated."
        ),
    ] = True,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings end it with 1, too.")] = False,
    as_json: Json = False,
) -> None:
    """Tell what a data set holds and what about it will disappoint; write a report with pictures.

    Ends with 1 where what is measured on it would be worth nothing.
    """
    try:
        dataset = datasets.read(folder)
        alike = _look_alikes(dataset) if with_look_alikes else None
    except (UnusableAnnotations, OSError) as error:
        raise BadUsage(str(error)) from error
    found = _show(dataset, folder, alike, as_json=as_json)
    if found.has_errors or (strict and found.faults):
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
    found = report.report(dataset, alike)
    pictures.sheet(pictures.examples(dataset)).save(folder / PICTURE)
    (folder / PAGE).write_text(html_report.page(dataset, found), encoding="utf-8")
    if as_json:
        terminal.print_json(_row(found))
        return found
    terminal.out.print(_labels(found))
    typer.echo(
        f"{found.train_tiles} tiles to train with, {found.test_tiles} of held-out pages, "
        f"{found.empty:.0%} without an object; what the network sees: {folder / PAGE}"
    )
    for each in found.faults:
        terminal.say(f"tilescout: {each.severity}: {each.text}")
    return found


def _row(found: DatasetReport) -> dict[str, Any]:
    """For JSON; of a look-alike the box in page px."""
    alike = None if found.look_alikes is None else [
        {
            "label": each.label, "page": each.page, "likeness": round(each.likeness, 3),
            "box_px": [round(side, 1) for side in (each.box.left, each.box.top, each.box.right,
                                                   each.box.bottom)],
        }
        for each in found.look_alikes
    ]  # fmt: skip
    return {
        "train_tiles": found.train_tiles,
        "test_tiles": found.test_tiles,
        "empty": found.empty,
        "labels": [asdict(each) for each in found.labels],
        "faults": [asdict(each) for each in found.faults],
        "look_alikes": alike,
    }


def _labels(found: DatasetReport) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("label", no_wrap=True, overflow="ellipsis", max_width=24)
    for name in ("train", "test", "smallest px", "median px"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in found.labels:
        sides = (f"{each.smallest_px:.0f}", f"{each.median_px:.0f}")
        table.add_row(*map(plain, (each.label, each.train, each.test, *sides)))
    return table
