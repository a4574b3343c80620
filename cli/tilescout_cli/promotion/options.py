"""Options of `tilescout promote`."""

from __future__ import annotations

from typing import Annotated

import typer

from tilescout_cli.promotion.custom_labels import LEAST_F1

Model = Annotated[
    str | None,
    typer.Argument(
        metavar="MODEL",
        help="An ONNX file, or the name of a version.",
        show_default="the newest that was trained",
    ),
]
Project = Annotated[
    str | None,
    typer.Option(
        "--project",
        metavar="P",
        help="A model_project of cdk.json.",
        show_default="the only one of detector onnx",
    ),
]
VersionName = Annotated[
    str,
    typer.Option("--name", metavar="V", help="Of the version.", show_default="the file's"),
]
Labels = Annotated[
    str,
    typer.Option(
        "--labels",
        metavar="A,B,C",
        help="Of the classes, in their order; or a file with one a line.",
        show_default=False,
    ),
]
MinF1 = Annotated[
    float | None,
    typer.Option(
        "--min-f1",
        min=0,
        max=1,
        help="Of a trained version on its test images, at least.",
        show_default=f"{LEAST_F1:g}",
    ),
]
Check = Annotated[bool, typer.Option("--check", help="Only say whether it can be used.")]
