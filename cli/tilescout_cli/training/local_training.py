"""Training on this machine to a file, without any AWS."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.table import Table

from tilescout.errors import TilescoutError
from tilescout_cli.console import terminal
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.console.terminal import plain
from tilescout_datasets import datasets
from tilescout_datasets.annotations import UnusableAnnotations
from tilescout_datasets.datasets import Dataset
from tilescout_datasets.references import base_models

if TYPE_CHECKING:
    from tilescout_train.training import Progress

TOLD_EVERY = 25
USUAL_ITERATIONS = {False: 1500, True: 200}
"""Iterations by whether all symbols have one label, with which the shipped detector is trained
further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Settings of a training on this machine; ``device`` is cpu, cuda or auto.

    With ``one_label`` the classes are not told apart, and the training goes on from the shipped
    detector of symbols; ``iterations`` of 0 are as many as either kind usually takes.
    """

    iterations: int
    seed: int
    threads: int
    device: str
    one_label: bool = False


def train_file(
    folder: Path, out: Path, options: Options, start: Path | None, *, as_json: bool
) -> None:
    """Trains, chooses thresholds on held-out pages, and writes an ONNX file. Raises BadUsage."""
    check_installed()
    if options.one_label and start is None:
        start = base_models.DETECTOR
    try:
        recipe = made(datasets.read(folder), out, options, start)
    except (UnusableAnnotations, TilescoutError, OSError) as error:
        raise BadUsage(str(error)) from error
    except KeyboardInterrupt:
        terminal.say("interrupted; the same command goes on from the last state that was kept")
        raise typer.Exit(130) from None
    show(recipe, out, as_json=as_json)


def check_installed() -> None:
    """Raises BadUsage where the packages of training are missing."""
    if find_spec("torch") is None or find_spec("onnx") is None:
        raise BadUsage("training needs torch; install it: pip install 'tilescout[train]'")


def made(dataset: Dataset, out: Path, options: Options, start: Path | None) -> dict[str, Any]:
    """Trains and writes the file, and returns its recipe. Raises what `make_model` raises."""
    # Only this command pays the seconds that torch takes to import.
    from tilescout_train.recipe import make_model
    from tilescout_train.training import Settings

    usual = USUAL_ITERATIONS[options.one_label]
    settings = Settings(
        iterations=options.iterations or usual,
        evaluate_every=100 if options.one_label else 150,
        seed=options.seed,
        threads=options.threads,
        device=options.device,
        one_label=options.one_label,
    )
    return make_model(dataset, settings, out, start=start, on_progress=_tell,
                      on_resume=lambda iteration: _tell_resumed(iteration, out))  # fmt: skip


def _tell_resumed(iteration: int, out: Path) -> None:
    terminal.say(
        f"going on from iteration {iteration}, where this training was interrupted; remove "
        f"{out.with_suffix('.training')} to begin anew"
    )


def _tell(progress: Progress) -> None:
    measured = progress.accuracy
    if measured is None and progress.iteration % TOLD_EVERY:
        return
    line = f"iteration {progress.iteration} of {progress.iterations}, loss {progress.loss:.2f}"
    if measured is not None:
        line += f", held-out pages: mAP {measured.mean_average_precision:.3f}"
    terminal.say(line)


def show(made: dict[str, Any], out: Path, *, as_json: bool) -> None:
    """Shows the recipe of a trained model."""
    if as_json:
        terminal.print_json(made)
    else:
        _show(made, out)


def _show(made: dict[str, Any], out: Path) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("label", no_wrap=True, overflow="ellipsis", max_width=24)
    for name in ("AP", "F1", "threshold", "held out"):
        table.add_column(name, justify="right", no_wrap=True)
    for label, row in made["labels"].items():
        measured = (row["average_precision"], row["f1"], row["threshold"])
        shown = (f"{value:.3f}" for value in measured)
        table.add_row(*map(plain, (label, *shown, row["held_out_objects"])))
    terminal.out.print(table)
    typer.echo(
        f"mAP {made['mean_average_precision']:.3f} on held-out pages after "
        f"{made['training_wall_seconds']:.0f} s, iteration {made['best_iteration']}: {out}"
    )
