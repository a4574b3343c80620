"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Pdfs = Annotated[
    list[Path], typer.Argument(metavar="PDF...", help="PDF files to process.", show_default=False)
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
        show_default="$TILESCOUT_STACK, else that of cdk.json",
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
        "--version", metavar="V", help="A version of the project.",
        show_default="the newest that was trained",
    ),
]  # fmt: skip
DocumentNames = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[DOCUMENT|PDF|KEY]...",
        help="Ids, their beginnings, files or keys.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
Pages = Annotated[
    str, typer.Option("--pages", metavar="1-3", help="Only these pages.", show_default=False)
]


def example(text: str) -> str:
    """Returns the end of a help text."""
    return f"Example: {text}"


DOCUMENT_HELP = "An id or its beginning, a file, or a key."
DocumentName = Annotated[
    str | None,
    typer.Argument(metavar="[DOCUMENT|PDF|KEY]", help=DOCUMENT_HELP, show_default="all documents"),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]
