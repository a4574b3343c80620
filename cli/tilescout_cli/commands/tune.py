"""`tilescout tune`: the best settings of a profile, found on annotated pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import Json, Local, Pages, Pdfs, ProfileName, example
from tilescout_cli.evaluation.options import IsTextLayer

TruthFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--truth", metavar="FILE", help="As for `tilescout evaluate`.", show_default=False
    ),
]
Vary = Annotated[
    list[str] | None,
    typer.Option(
        "--vary",
        metavar="FIELD=A,B",
        help="Values of detector, colour, dpi, input_scale, tile_size, overlap or second_scale.",
        show_default="dpi, input_scale, tile_size, overlap around the profile's",
    ),
]
MinRecall = Annotated[
    float,
    typer.Option(
        "--min-recall",
        min=0,
        max=1,
        help="Choose the cheapest setting that reaches it, not the most accurate.",
    ),
]
ModelFile = Annotated[
    Path | None,
    typer.Option(
        "--model", metavar="FILE", help="The model of detector onnx.", show_default="the sample's"
    ),
]
Budget = Annotated[
    float, typer.Option("--budget", metavar="USD", min=0, help="The most that AWS may cost.")
]
Effort = Annotated[
    float,
    typer.Option(
        "--effort",
        min=0,
        max=1,
        help="The share of the calls of a full sweep; 1 tries every setting on every page.",
    ),
]
Cache = Annotated[
    Path, typer.Option("--cache", metavar="DIR", help="The folder that keeps tiles and answers.")
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Write tune.json and tune.svg.", show_default=False),
]
Kind = Annotated[
    Literal["objects", "text", "snippets"],
    typer.Argument(metavar="KIND", help="objects, text or snippets.", show_default=False),
]
EXAMPLE = (
    "tilescout tune objects plan.pdf --truth plan.coco.json --profile symbols --local "
    "--vary dpi=100,150,200 --vary tile_size=512,1024"
)
app = command_app()


@app.command("tune", epilog=example(EXAMPLE))
def tune(
    kind: Kind,
    pdfs: Pdfs,
    truth: TruthFiles = None,
    text_layer: IsTextLayer = False,
    profile: ProfileName = None,
    vary: Vary = None,
    min_recall: MinRecall = 0.0,
    model: ModelFile = None,
    local: Local = False,
    budget: Budget = 0.0,
    effort: Effort = 0.3,
    cache: Cache = Path(".tilescout/tune"),
    out: Out = None,
    pages: Pages = "",
    as_json: Json = False,
) -> None:
    """Try settings of a profile on annotated pages: accuracy against cost, the profile to paste.

    KIND is what is compared: labelled boxes, words, or tags by their exact text. Confidences are
    chosen for each label without a call. Tiles and answers are kept: trying again sends only new
    tiles. Ctrl-C prints what is known so far.

    Exit code 1: no setting reaches --min-recall, or the budget ended the search; 2: a file or an
    option cannot be used; 130: interrupted.
    """
    from tilescout_cli.tuning import tune

    subject = tune.Subject(
        kind=kind, pdfs=pdfs, truth=truth or [], text_layer=text_layer, pages=pages
    )
    means = tune.Means(model=model, local=local, budget=budget, effort=effort, cache=cache)
    goal = tune.Goal(profile=profile, vary=vary or [], min_recall=min_recall)
    tune.tune(subject, means, goal, out, as_json=as_json)
