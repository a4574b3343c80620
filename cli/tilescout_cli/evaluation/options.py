"""Options of the commands that compare results with ground truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Results = Annotated[
    list[str],
    typer.Argument(
        metavar="RESULT...",
        help="Files detections.json, folders of `detect`, documents or runs.",
        show_default=False,
    ),
]
TruthFiles = Annotated[
    list[Path],
    typer.Option(
        "--truth",
        metavar="FILE",
        help="COCO JSON, an annotated PDF, JSON, CSV, or review:DOCUMENT.",
        show_default=False,
    ),
]
IsTextLayer = Annotated[
    bool, typer.Option("--text-layer", help="The ground truth is the text of the PDF itself.")
]
Labels = Annotated[
    list[str] | None,
    typer.Option(
        "--label", metavar="L", help="Only this label; may be given several times.",
        show_default="those of the ground truth",
    ),
]  # fmt: skip
AnnotatedPages = Annotated[
    str,
    typer.Option(
        "--pages",
        metavar="1-3",
        help="The pages that were annotated, some perhaps empty.",
        show_default=False,
    ),
]
Drawing = Annotated[
    Path | None,
    typer.Option(
        "--pdf", metavar="FILE", help="The drawing, for the pictures of --out.", show_default=False
    ),
]
ReportFolder = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", help="Write report.html and report.json.", show_default=False
    ),
]
MinFigures = Annotated[
    list[str] | None,
    typer.Option(
        "--min",
        metavar="FIGURE=VALUE",
        help="Fail if f1, recall, precision or map is lower; may be given several times.",
        show_default=False,
    ),
]
MaxFigures = Annotated[
    list[str] | None,
    typer.Option(
        "--max",
        metavar="FIGURE=VALUE",
        help="Fail if cer, the character error rate, is higher.",
        show_default=False,
    ),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Refuse files of which a record is left out.")
]
Anyway = Annotated[
    bool, typer.Option("--anyway", help="Go on where boxes lie on blank paper or are stretched.")
]
