"""Options of `tilescout train`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DataSet = Annotated[
    Path, typer.Argument(metavar="DIR", help="A data set of `tilescout dataset build`.")
]
Project = Annotated[
    str | None,
    typer.Option(
        "--project", metavar="P", help="Train a version of this Custom Labels project.",
        show_default=False,
    ),
]  # fmt: skip
VersionName = Annotated[
    str | None,
    typer.Option(
        "--version-name", metavar="V", help="Of the version.",
        show_default="of the set's content",
    ),
]  # fmt: skip
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FILE", help="Train on this machine, write an ONNX file.",
        show_default=False,
    ),
]  # fmt: skip
MaxCost = Annotated[
    float | None,
    typer.Option(
        "--max-cost", metavar="USD", min=0, help="Begin nothing that may cost more.",
        show_default=False,
    ),
]  # fmt: skip
Yes = Annotated[bool, typer.Option("--yes", help="Ask nothing.")]
Start = Annotated[
    Path | None,
    typer.Option("--start", metavar="FILE", help="Go on from this model.", show_default=False),
]
Iterations = Annotated[
    int | None,
    typer.Option("--iterations", min=1, help="On this machine, at most.", show_default=False),
]
Seed = Annotated[int, typer.Option("--seed", help="The same gives the same file.")]
Threads = Annotated[int, typer.Option("--threads", min=1, help="Of the processor.")]
Device = Annotated[
    str, typer.Option("--device", help="cpu, cuda, or auto: a GPU where there is one.")
]
