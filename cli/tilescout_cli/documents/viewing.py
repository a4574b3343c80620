"""The viewer of drawings and detections: its documents, and the server of its page."""

from __future__ import annotations

import getpass
import webbrowser
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tilescout_cli.console import clock, terminal
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.stack import paths
from tilescout_cli.stack.target import Stack

if TYPE_CHECKING:
    from tilescout_viewer.sources import DocumentSource

DEFAULT_FOLDER = Path("out")


def view(source: Callable[[], DocumentSource], port: int, reviewer: str, *, browse: bool) -> None:
    """Serves the page until it is interrupted, and opens it where ``browse`` is set.

    Raises BadUsage where the packages or the page of the viewer are missing.
    """
    if find_spec("starlette") is None:
        raise BadUsage(
            "the viewer needs packages that are not installed; run `pip install -e '.[viewer]'`"
        )
    # These packages are not always installed.
    from tilescout_examples.saved_profile import ProfilePlaces
    from tilescout_exports.html import WEB_FILES
    from tilescout_reviews.review import Author
    from tilescout_viewer import server

    if not (WEB_FILES / "viewer.js").exists():
        raise BadUsage("the viewer's page is not built; run `make web` in the checkout")
    author = Author(name=reviewer or getpass.getuser(), now=clock.now)
    places = ProfilePlaces(configuration=paths.own_configuration())
    opened = server.library(source(), author, paths.cache_folder(), places)

    def ready(address: str) -> None:
        terminal.say(f"open {address}")
        if browse:
            webbrowser.open(address)

    server.serve(opened, port=port, ready=ready)


def of_stack(stack: Stack, names: list[str]) -> DocumentSource:
    """Returns the named documents of a stack, or all. Raises BadUsage for an unknown name."""
    from tilescout_cli.documents import lookup
    from tilescout_cli.documents.stack_documents import StackDocuments

    chosen = [lookup.named(stack, name) for name in names]
    return StackDocuments(stack, paths.cache_folder() / "drawings", chosen)


def of_files(names: list[str]) -> DocumentSource:
    """Returns the documents of folders that `detect` wrote, and of PDF files.

    Raises BadUsage where one does not exist or none has a result.
    """
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
