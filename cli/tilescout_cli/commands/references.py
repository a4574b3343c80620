"""`tilescout references`: a class is one picture, which names what a detector of symbols finds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import Json, ProfileName, example

Sources = Annotated[
    list[Path],
    typer.Argument(
        metavar="SOURCE...",
        help="A folder of pictures named by class, annotated pages as for `dataset build`, or "
        "review:DOCUMENT, or legend:PDF for the symbols of a drawing's legend.",
        show_default=False,
    ),
]
SetFile = Annotated[
    Path,
    typer.Argument(
        metavar="SET", help="A file of `tilescout references make`.", show_default=False
    ),
]
Out = Annotated[
    Path, typer.Option("--out", metavar="FILE", help="The file to write.", show_default=False)
]
PerClass = Annotated[
    int, typer.Option("--per-class", min=0, help="The most pictures per class; 0 for all.")
]
MinLikeness = Annotated[
    float,
    typer.Option(
        "--min-likeness", min=0, max=1, help="What is less like every reference is unknown."
    ),
]
Detector = Annotated[
    Path | None,
    typer.Option(
        "--detector", metavar="FILE", help="A detector of `tilescout onnx train --one-label`.",
        show_default="the shipped one",
    ),
]  # fmt: skip
Seed = Annotated[int, typer.Option("--seed", help="Chooses the pictures, and trains alike.")]
SheetFile = Annotated[
    Path, typer.Option("--out", metavar="PNG", help="The picture to write.", show_default=False)
]
Pages = Annotated[int, typer.Option("--pages", min=8, help="The number of pages that are made.")]
Iterations = Annotated[
    int, typer.Option("--iterations", min=0, help="Iterations of the detector; 0 leaves it.")
]
Threads = Annotated[int, typer.Option("--threads", min=1, help="Processor threads to use.")]
EXAMPLE = example("tilescout references make pictures/ --out valves.onnx")
app = command_app(
    help="Name symbols by reference pictures: a new class is a new picture, without training.",
    epilog=EXAMPLE,
)


@app.command("make", epilog=EXAMPLE)
def make(
    sources: Sources,
    out: Out,
    profile: ProfileName = None,
    per_class: PerClass = 3,
    min_likeness: MinLikeness = 0.65,
    detector: Detector = None,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Make a set of references with a detector of symbols: one file, which `onnx promote` takes.

    Names classes that cannot be told apart, and the dpi that suits the symbols.
    """
    from tilescout_cli.training import reference_sets

    wanted = reference_sets.Wanted(
        profile=profile, per_class=per_class, min_likeness=min_likeness, seed=seed
    )
    reference_sets.make(sources, out, detector, wanted, as_json=as_json)


@app.command("sheet", epilog=example("tilescout references sheet valves.onnx --out valves.png"))
def sheet(references: SetFile, out: SheetFile, as_json: Json = False) -> None:
    """Draw a row of pictures per class, classes that look alike beside each other."""
    from tilescout_cli.training import reference_sets

    reference_sets.draw(references, out, as_json=as_json)


@app.command("train", epilog=example("tilescout references train valves.onnx --out tuned.onnx"))
def train(
    references: SetFile,
    out: Out,
    pages: Pages = 40,
    iterations: Iterations = 250,
    seed: Seed = 1,
    threads: Threads = 2,
    as_json: Json = False,
) -> None:
    """Train a set's networks further, on made pages that show the references.

    No page needs to be annotated. Where some are, `tilescout onnx train --one-label` learns more
    from them. Needs torch.
    """
    from tilescout_cli.training import local_training, reference_sets

    options = local_training.Options(
        iterations=iterations, seed=seed, threads=threads, device="auto", one_label=True
    )
    reference_sets.train(references, out, options, pages, as_json=as_json)
