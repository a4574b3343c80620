"""Options of the commands that compare results with ground truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tilescout_evaluate.truth.pages import Kind

_REPORT = "Write report.html and report.json."
_RESULTS = (
    "Files detections.json, folders of `detect`, documents or runs; or a model and its data set."
)

Compared = Annotated[
    Kind | None,
    typer.Option("--as", help="What to compare.", show_default="what the truth is good for"),
]
Results = Annotated[
    list[str] | None,
    typer.Argument(metavar="WHAT...", help=_RESULTS, show_default=False),
]
TruthFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--truth",
        metavar="FILE",
        help="COCO JSON, an annotated PDF, JSON or CSV.",
        show_default=False,
    ),
]
IsOwnText = Annotated[
    bool, typer.Option("--text-layer", help="The truth is the text of the PDF itself.")
]
Labels = Annotated[
    list[str] | None,
    typer.Option(
        "--label", metavar="L", help="Only these.",
        show_default="those of the truth",
    ),
]  # fmt: skip
AnnotatedPages = Annotated[
    str,
    typer.Option(
        "--pages", metavar="1-3", help="Pages annotated, some perhaps empty.", show_default=False
    ),
]
Drawing = Annotated[
    Path | None,
    typer.Option(
        "--pdf", metavar="FILE", help="The drawing, for the pictures of --out.", show_default=False
    ),
]
ReportFolder = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help=_REPORT, show_default=False)
]
MinF1 = Annotated[float | None, typer.Option("--min-f1", min=0, max=1, show_default=False)]
MinRecall = Annotated[float | None, typer.Option("--min-recall", min=0, max=1, show_default=False)]
MinPrecision = Annotated[
    float | None, typer.Option("--min-precision", min=0, max=1, show_default=False)
]
MinMap = Annotated[
    float | None,
    typer.Option("--min-map", min=0, max=1, help="mAP at IoU .5.", show_default=False),
]
MaxCer = Annotated[
    float | None,
    typer.Option("--max-cer", min=0, help="Character error rate.", show_default=False),
]
