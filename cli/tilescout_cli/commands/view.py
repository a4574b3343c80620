"""`tilescout view`: drawings and their detections in the browser, to correct and export them."""

from __future__ import annotations

from typing import Annotated

import typer

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import Local, StackName, example

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FOLDER|PDF|DOCUMENT]...",
        help="Folders that `detect` wrote, PDF files, or documents of a stack.",
        show_default="out; with --local or --stack all documents",
    ),
]
Port = Annotated[
    int,
    typer.Option("--port", min=0, max=65535, help="The port to serve at.", show_default="any"),
]
Reviewer = Annotated[
    str,
    typer.Option(
        "--reviewer", metavar="NAME", help="Who corrects the detections.", show_default="you"
    ),
]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Only print the address.")]
app = command_app()


@app.command("view", epilog=example("tilescout view out/demo"))
def view(
    names: Names = None,
    port: Port = 0,
    reviewer: Reviewer = "",
    no_browser: NoBrowser = False,
    local: Local = False,
    stack: StackName = None,
) -> None:
    """Show drawings and detections in the browser, and correct them there.

    The page is served on this machine only, to whoever has the address that is printed. The
    review of a folder is kept in it, that of a stack's document in the stack. Ctrl+C ends it.
    """
    from tilescout_cli.documents import viewing

    names = names or []
    if local or stack:
        from tilescout_cli.stack import target

        deployed = target.find(local=local, stack=stack)
        viewing.view(
            lambda: viewing.of_stack(deployed, names), port, reviewer, browse=not no_browser
        )
    else:
        viewing.view(lambda: viewing.of_files(names), port, reviewer, browse=not no_browser)
