"""`tilescout dataset`: tiles to train a detector with, from annotated pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import Json, ProfileName, example
from tilescout_cli.evaluation.options import Anyway, Strict

Annotations = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE...",
        help="COCO, Label Studio, CVAT, YOLO, Pascal VOC, labelme, Ground Truth, Azure or "
        "Vertex AI files, a folder of them, PDFs with annotations, or review:DOCUMENT.",
        show_default=False,
    ),
]
Out = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="The folder to write.", show_default=False)
]
FormatName = Literal["coco", "label-studio", "cvat", "pdf", "manifest", "yolo", "voc", "labelme",
                     "azure", "google"]  # fmt: skip
"""The formats of tilescout_datasets, which takes long to import; a test compares both."""
Format = Annotated[
    FormatName | None,
    typer.Option("--format", help="The format of the files.", show_default="by their content"),
]
TestShare = Annotated[
    float, typer.Option("--test-share", min=0, max=1, help="The share of pages held out.")
]
EmptyShare = Annotated[
    float, typer.Option("--empty-share", min=0, max=1, help="The share of tiles without an object.")
]
Seed = Annotated[int, typer.Option("--seed", help="Chooses the pages and the empty tiles.")]
Prefix = Annotated[
    str,
    typer.Option(
        "--prefix", metavar="S3", help="s3://bucket/folder/ of the manifests.", show_default=False
    ),
]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A data set.", show_default=False)]
LookAlikes = Annotated[
    bool,
    typer.Option("--look-alikes/--no-look-alikes", help="Look for objects that nobody annotated."),
]
FailOnWarning = Annotated[bool, typer.Option("--strict", help="End with 1 for warnings, too.")]
BUILD = example("tilescout dataset build pages.coco.json --profile symbols --out out/set")
Drawings = Annotated[
    list[Path],
    typer.Argument(metavar="FILE...", help="PDFs or pictures to annotate.", show_default=False),
]
References = Annotated[
    Path | None,
    typer.Option(
        "--references", metavar="SET", help="A file of `tilescout references make`, for names.",
        show_default="none: every box is a symbol",
    ),
]  # fmt: skip
DraftFolder = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="The folder to write the draft to.")
]
DraftFormat = Annotated[
    Literal["label-studio", "cvat", "coco"] | None,
    typer.Option("--format", help="Also write DIR/FORMAT for another program.",
                 show_default="the viewer's only"),
]  # fmt: skip
app = command_app(help="Data sets to train a detector with, from annotated pages.", epilog=BUILD)


@app.command("build", epilog=BUILD)
def build(
    annotations: Annotations,
    out: Out,
    profile: ProfileName = None,
    format: Format = None,
    test_share: TestShare = 0.2,
    empty_share: EmptyShare = 0.2,
    seed: Seed = 1,
    prefix: Prefix = "",
    strict: Strict = False,
    anyway: Anyway = False,
    as_json: Json = False,
) -> None:
    """Cut annotated pages as a profile does; write COCO and Ground Truth manifests."""
    from tilescout_cli.documents import reviews
    from tilescout_cli.training import data_sets
    from tilescout_datasets.datasets import Shares

    shares = Shares(test=test_share, empty=empty_share, seed=seed)
    order = data_sets.Order(profile=profile, out=out, shares=shares, prefix=prefix, anyway=anyway)
    with reviews.as_files(annotations, "coco") as files:
        imported = data_sets.imported(files, format, strict=strict)
        data_sets.build(imported, order, as_json=as_json)


@app.command("check", epilog=example("tilescout dataset check out/set"))
def check(
    folder: Folder,
    look_alikes: LookAlikes = True,
    strict: FailOnWarning = False,
    as_json: Json = False,
) -> None:
    """Show what a data set holds and what is wrong with it; write a report with pictures.

    Exit code 1: figures measured on it would be worth nothing.
    """
    from tilescout_cli.training import data_sets

    data_sets.check(folder, with_look_alikes=look_alikes, strict=strict, as_json=as_json)


@app.command("draft", epilog=example("tilescout dataset draft plan.pdf --references valves.onnx"))
def draft(
    files: Drawings,
    references: References = None,
    profile: ProfileName = None,
    format: DraftFormat = None,
    out: DraftFolder = Path("out/draft"),
    as_json: Json = False,
) -> None:
    """Draft the annotation of drawings: boxes of symbols, named by the nearest reference.

    `tilescout view DIR` corrects it. `references make review:DIR` and `dataset build review:DIR`
    take the corrected state.
    """
    from tilescout_cli.training import annotation_drafts

    order = annotation_drafts.DraftOrder(profile=profile, references=references, form=format)
    annotation_drafts.draft(files, out, order, as_json=as_json)
