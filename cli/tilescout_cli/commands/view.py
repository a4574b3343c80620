"""`tilescout view`: see the drawings with what was found, correct it, export it, in the browser."""

from __future__ import annotations

import getpass
import webbrowser
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tilescout_cli.console import clock, terminal
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.console.options import Local, StackName, example

if TYPE_CHECKING:
    from tilescout_viewer.sources import DocumentSource

DEFAULT_FOLDER = Path("out")


def register(app: typer.Typer) -> None:
    app.command("view", epilog=example("tilescout view out/demo"))(view)


def view(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FOLDER|PDF|DOCUMENT]...",
            help="Folders that `detect` wrote, PDF files, or documents of a stack.",
            show_default="out; with --local or --stack all documents",
        ),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Where to serve.", show_default="any")
    ] = 0,
    reviewer: Annotated[
        str, typer.Option("--reviewer", metavar="NAME", help="Who corrects.", show_default="you")
    ] = "",
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print the address.")
    ] = False,
    local: Local = False,
    stack: StackName = None,
) -> None:
    """Show drawings and detections in the browser, and correct them there.

    The page is served on this machine only, to whoever has the address that is printed. The
    review of a folder is kept in it, that of a stack's document in the stack. Ctrl+C ends it.
    """
    if find_spec("starlette") is None:
        raise BadUsage(
            "the viewer needs packages that are not installed; run `pip install -e '.[viewer]'`"
        )
    # Only this command needs them, and they are not always installed.
    from tilescout_exports.html import WEB_FILES
    from tilescout_reviews.review import Author
    from tilescout_viewer import server

    if not (WEB_FILES / "viewer.js").exists():
        raise BadUsage("the viewer's page is not built; run `make web` in the checkout")
    author = Author(name=reviewer or getpass.getuser(), now=clock.now)
    cache = server.cache_folder()
    source = _source(names or [], cache, local=local, stack=stack)
    opened = server.library(source, author, cache)

    def ready(address: str) -> None:
        terminal.say(f"open {address}")
        if not no_browser:
            webbrowser.open(address)

    server.serve(opened, port=port, ready=ready)


def _source(names: list[str], cache: Path, *, local: bool, stack: str | None) -> DocumentSource:
    if local or stack:
        from tilescout_cli.documents import lookup
        from tilescout_cli.documents.stack_documents import StackDocuments
        from tilescout_cli.stack import target

        found = target.find(local=local, stack=stack)
        chosen = [lookup.named(found, name) for name in names]
        return StackDocuments(found, cache / "drawings", chosen)
    from tilescout_viewer.sources import LocalFiles

    paths = [Path(name) for name in names] or [DEFAULT_FOLDER]
    for path in paths:
        if not path.exists():
            raise BadUsage(
                f"{path} does not exist; give a folder that `tilescout detect` wrote or a PDF, or "
                "a stack's document with --stack or --local"
            )
    files = LocalFiles(paths)
    if not files.documents():
        raise BadUsage(
            f"no detections.json lies in {', '.join(map(str, paths))}; run `tilescout detect` first"
        )
    return files
