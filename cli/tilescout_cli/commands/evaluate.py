"""`tilescout evaluate`: how right a model is on the held-out pages of a data set."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from tilescout.errors import UnusableModel
from tilescout.onnx_model import OnnxModel
from tilescout_cli import terminal
from tilescout_cli.failures import BadUsage
from tilescout_cli.options import Json, example
from tilescout_cli.terminal import plain
from tilescout_train import datasets
from tilescout_train.annotations import UnusableAnnotations
from tilescout_train.evaluating import LabelAccuracy, at_own_thresholds


def register(app: typer.Typer) -> None:
    text = example("tilescout evaluate out/model/symbols.onnx out/set")
    app.command("evaluate", epilog=text)(evaluate)


def evaluate(
    model: Annotated[Path, typer.Argument(metavar="FILE", help="A model, an ONNX file.")],
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A data set of `tilescout dataset build`.")
    ],
    as_json: Json = False,
) -> None:
    """Tell precision, recall and F1 of a model at its thresholds, on the held-out pages."""
    if find_spec("onnxruntime") is None:
        raise BadUsage("a model needs onnxruntime; install it: pip install 'tilescout[local]'")
    if not model.is_file():
        raise BadUsage(f"there is no model {model}; `tilescout train` writes one")
    try:
        loaded = OnnxModel(model)
        found = at_own_thresholds(datasets.read(folder).test, loaded)
    except (UnusableModel, UnusableAnnotations) as error:
        raise BadUsage(str(error)) from error
    mean = sum(each.average_precision for each in found) / max(1, len(found))
    if as_json:
        rows = {each.label: each.shown() for each in found}
        terminal.print_json({"labels": rows, "mean_average_precision": round(mean, 4)})
        return
    terminal.out.print(_table(found))
    typer.echo(f"mAP {mean:.3f} at IoU .5, P, R and F1 at the model's own thresholds")


def _table(found: list[LabelAccuracy]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("label", no_wrap=True, overflow="ellipsis", max_width=24)
    for name in ("objects", "AP", "P", "R", "F1"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in found:
        values = (each.average_precision, each.precision, each.recall, each.f1)
        shown = (f"{value:.3f}" for value in values)
        table.add_row(*map(plain, (each.label, each.objects, *shown)))
    return table
