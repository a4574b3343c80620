"""Exports of reviewed documents as one file to download."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

from PIL import Image

from tilescout_exports.model import (
    ExportedDocument,
    ExportedPage,
    ExportFormat,
    ExportOptions,
    Row,
    safe_names,
)
from tilescout_reviews import reviewed_detections
from tilescout_viewer.library import Library
from tilescout_viewer.sources import SourceError


def write(
    library: Library,
    form: ExportFormat,
    chosen: Sequence[str],
    folder: Path,
    *,
    with_images: bool,
    address: str,
) -> Path:
    """Writes the chosen documents, all where none is chosen; returns the file, a ZIP of a folder.

    Raises ExportFailed, SourceError, TilescoutError.
    """
    ids = list(chosen) or [each.id for each in library.source.documents() if each.pages]
    documents = exported(library, ids)
    stem = documents[0].name if len(documents) == 1 else "tilescout"
    written = options(library, documents, ids, with_images=with_images, address=address)
    path = folder / f"{stem}{form.suffix}"
    form.write(documents, path, written)
    if not form.is_folder:
        return path
    return Path(shutil.make_archive(f"{path}-{form.name}", "zip", folder, path.name))


def options(
    library: Library,
    documents: Sequence[ExportedDocument],
    ids: Sequence[str],
    *,
    with_images: bool = True,
    address: str = "",
) -> ExportOptions:
    """Returns the options of an export whose pictures the library draws.

    ``address`` is that of the viewer, for links to each place; empty for none.
    """
    drawn = _page_images(library, documents, ids) if with_images else None
    if not address:
        return ExportOptions(page_image=drawn)
    return ExportOptions(page_image=drawn, link=_links(address, documents, ids))


def exported(library: Library, ids: Sequence[str]) -> list[ExportedDocument]:
    """Returns the documents after their review."""
    read = [library.reviewed(each) for each in ids]
    keys = [str(result.head["source"]["key"]) for result, _, _ in read]
    stems = [key.rpartition("/")[2].removesuffix(".pdf") for key in keys]
    return [
        ExportedDocument(
            name=name,
            head=result.head,
            detections=tuple(reviewed_detections.rows(result.as_json(), found)),
            drawing=_drawing(library, document_id),
        )
        for document_id, name, (result, found, _) in zip(ids, safe_names(stems), read, strict=True)
    ]


def _drawing(library: Library, document_id: str) -> Path | None:
    try:
        return library.source.drawing(document_id)
    except SourceError:
        return None


def _page_images(
    library: Library, documents: Sequence[ExportedDocument], ids: Sequence[str]
) -> Callable[[ExportedPage], Image.Image]:
    id_of = {document.name: each for document, each in zip(documents, ids, strict=True)}

    def drawn(page: ExportedPage) -> Image.Image:
        drawing = library.drawing(id_of[page.document.name])
        return drawing.page_image(page.page, page.pyramid)

    return drawn


def _links(
    address: str, documents: Sequence[ExportedDocument], ids: Sequence[str]
) -> Callable[[ExportedDocument, Row], str]:
    """Addresses of the viewer that show a detection, while it runs."""
    id_of = {document.name: each for document, each in zip(documents, ids, strict=True)}

    def link(document: ExportedDocument, row: Row) -> str:
        result_id = document.head["result_id"]
        detection = quote(f"{result_id}/{row['id']}", safe="")
        return f"{address}#d={id_of[document.name]}&p={row['page']}&s={detection}"

    return link
