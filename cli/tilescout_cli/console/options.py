"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Pdfs = Annotated[
    list[Path], typer.Argument(metavar="PDF...", help="Files to look at.", show_default=False)
]
Local = Annotated[
    bool, typer.Option("--local", help="The embedded AWS on this machine; no account needed.")
]
StackName = Annotated[
    str | None,
    typer.Option(
        "--stack",
        metavar="NAME",
        help="The deployed stack.",
        show_default="$TILESCOUT_STACK or Tilescout",
    ),
]
ProfileName = Annotated[
    str | None,
    typer.Option(
        "--profile", metavar="P", help="A profile of cdk.json.",
        show_default="its default profile",
    ),
]  # fmt: skip
ProfileNames = Annotated[
    list[str] | None,
    typer.Option(
        "--profile", metavar="P", help="A profile of cdk.json; may be given several times.",
        show_default="its default profile",
    ),
]  # fmt: skip
ProjectName = Annotated[
    str | None,
    typer.Option(
        "--project", metavar="P", help="A Custom Labels project.",
        show_default="the only one",
    ),
]  # fmt: skip
VersionName = Annotated[
    str | None,
    typer.Option(
        "--version", metavar="V", help="Of the project.",
        show_default="the newest that was trained",
    ),
]  # fmt: skip
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
Pages = Annotated[
    str, typer.Option("--pages", metavar="1-3", help="Only these pages.", show_default=False)
]


def example(text: str) -> str:
    """The end of a help text."""
    return f"Example: {text}"


DocumentName = Annotated[
    str | None,
    typer.Option(
        "--document", metavar="ID", help="An id, its beginning, or a file.", show_default=False
    ),
]
Key = Annotated[
    str | None,
    typer.Option("--key", metavar="KEY", help="The key in the bucket.", show_default=False),
]
Label = Annotated[
    str, typer.Option("--label", metavar="L", help="Only this label.", show_default=False)
]
TextWanted = Annotated[
    str,
    typer.Option(
        "--text", metavar="T", help="Exactly this text, or a beginning: 'FV-*'.", show_default=False
    ),
]
Page = Annotated[
    int | None,
    typer.Option("--page", metavar="N", min=1, help="Only this page.", show_default=False),
]
MinConfidence = Annotated[
    float,
    typer.Option("--min-confidence", metavar="C", min=0, max=100, help="0 to 100."),
]
RegionText = Annotated[
    str,
    typer.Option(
        "--region",
        metavar="l,t,r,b",
        help="Only boxes with their centre in it, in points.",
        show_default=False,
    ),
]
