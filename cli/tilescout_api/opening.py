"""Opens results: a folder that `tilescout detect` wrote, or the documents of a stack."""

from __future__ import annotations

from pathlib import Path

from tilescout_api.documents import Documents
from tilescout_cli.stack.paths import cache_folder
from tilescout_reviews.review import Author
from tilescout_viewer import server
from tilescout_viewer.sources import DocumentSource, LocalFiles


def open_folder(*paths: str | Path) -> Documents:
    """Opens folders that `tilescout detect` wrote, at any depth, and PDF files.

    Raises FileNotFoundError where a path does not exist.
    """
    found = [Path(path) for path in paths]
    for path in found:
        if not path.exists():
            raise FileNotFoundError(f"{path} does not exist; give a folder that `detect` wrote")
    return _opened(LocalFiles(found))


def open_stack(name: str | None = None, *, local: bool = False) -> Documents:
    """Opens the documents of a stack that have a result, the newest version of each object.

    ``name`` is by default $TILESCOUT_STACK, else that of cdk.json; ``local`` opens the embedded AWS
    that `tilescout local up` started. Raises TargetUnreachable where there is no such stack.
    """
    from tilescout_cli.documents.stack_documents import StackDocuments
    from tilescout_cli.stack import target

    stack = target.find(local=local, stack=name)
    return _opened(StackDocuments(stack, cache_folder() / "drawings"))


def _opened(source: DocumentSource) -> Documents:
    # The API does not correct, so nobody is named and no time is told.
    return Documents(server.library(source, Author(name="", now=lambda: 0), cache_folder()))
