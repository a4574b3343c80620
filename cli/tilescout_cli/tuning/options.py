"""Options of `tilescout tune`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

TruthFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--truth", metavar="FILE", help="As for `tilescout evaluate`.", show_default=False
    ),
]
IsOwnText = Annotated[
    bool, typer.Option("--text-layer", help="The truth is the text of the PDFs themselves.")
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
        help="Choose the cheapest that reaches it, not the most accurate.",
    ),
]
ModelFile = Annotated[
    Path | None,
    typer.Option("--model", metavar="FILE", help="For onnx.", show_default="the sample's"),
]
Budget = Annotated[
    float, typer.Option("--budget", metavar="USD", min=0, help="The most that AWS may cost.")
]
Effort = Annotated[
    float, typer.Option("--effort", min=0, max=1, help="Share of the calls of a full sweep.")
]
Exhaustive = Annotated[bool, typer.Option("--exhaustive", help="Try every setting on every page.")]
Cache = Annotated[Path, typer.Option("--cache", metavar="DIR", help="Keeps tiles and answers.")]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Write tune.json and tune.svg.", show_default=False),
]
