"""`tilescout dataset`: tiles to train a detector with, from annotated pages."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from tilescout.errors import TilescoutError
from tilescout_cli import cdk_profiles, terminal
from tilescout_cli.failures import BadUsage
from tilescout_cli.options import Json, ProfileName, example
from tilescout_cli.terminal import plain
from tilescout_train import dataset_report, datasets
from tilescout_train.annotations import AnnotatedPage, UnusableAnnotations
from tilescout_train.dataset_report import DatasetReport
from tilescout_train.datasets import EMPTY_SHARE, TEST_SHARE, Dataset, Shares
from tilescout_train.imports import sources
from tilescout_train.imports.sources import Format

PICTURE = "check.png"

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
            help="COCO, Label Studio JSON, CVAT for images, a Ground Truth manifest, or PDFs with "
            "annotations.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to write it.")],
    profile: ProfileName = None,
    form: Annotated[
        Format | None,
        typer.Option(
            "--format", help="Of the files.  [default: by their content]", show_default=False
        ),
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
    as_json: Json = False,
) -> None:
    """Cut annotated pages as a profile does; write COCO and Ground Truth manifests."""
    chosen = cdk_profiles.read().named(profile)
    shares = Shares(test=test_share, empty=empty_share, seed=seed)

    def tell(page: AnnotatedPage) -> None:
        count = terminal.counted(len(page.annotations), "object")
        terminal.say(f"{page.path.name} page {page.page}: {count}")

    try:
        imported = sources.read(annotations, form)
        for note in imported.notes:
            terminal.say(f"tilescout: {note}")
        built = datasets.build(imported.pages, chosen, out, shares, prefix=prefix, on_page=tell)
    except (UnusableAnnotations, TilescoutError, OSError) as error:
        raise BadUsage(str(error)) from error
    _show(built, out, as_json=as_json)


@app.command("check", epilog=example("tilescout dataset check out/set"))
def check(folder: Folder, as_json: Json = False) -> None:
    """Tell what a data set holds and what about it will disappoint; draw its symbols."""
    try:
        found = datasets.read(folder)
    except UnusableAnnotations as error:
        raise BadUsage(str(error)) from error
    _show(found, folder, as_json=as_json)


def _show(dataset: Dataset, folder: Path, *, as_json: bool) -> None:
    found = dataset_report.report(dataset)
    dataset_report.picture(dataset).save(folder / PICTURE)
    if as_json:
        terminal.print_json(asdict(found))
        return
    terminal.out.print(_labels(found))
    typer.echo(
        f"{found.train_tiles} tiles to train with, {found.test_tiles} of held-out pages, "
        f"{found.empty:.0%} without an object; what the network sees: {folder / PICTURE}"
    )
    for warning in found.warnings:
        terminal.say(f"tilescout: {warning}")


def _labels(found: DatasetReport) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("label", no_wrap=True, overflow="ellipsis", max_width=24)
    for name in ("train", "test", "smallest px", "median px"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in found.labels:
        sides = (f"{each.smallest_px:.0f}", f"{each.median_px:.0f}")
        table.add_row(*map(plain, (each.label, each.train, each.test, *sides)))
    return table
