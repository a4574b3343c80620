"""Tiles of an annotated page, made by the renderer and the tiler that a detection run uses."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import pymupdf
from PIL import ImageOps

from tilescout.geometry import Box
from tilescout.profiles import Profile
from tilescout.rendering.file_kinds import HEAD_BYTES, FileKind, kind_of
from tilescout.rendering.picture_files import on_paper
from tilescout.rendering.render import render_page
from tilescout.rendering.requests import RenderedTile, RenderRequest
from tilescout_datasets.annotations import AnnotatedPage, AnnotatedTile, Annotation
from tilescout_datasets.formats import pdf_annotations
from tilescout_datasets.formats.page_files import opened_picture
from tilescout_datasets.formats.pdf_labels import Untrusted
from tilescout_datasets.tile_rule import shown_in


@dataclass(frozen=True, slots=True)
class CutPage:
    """The tiles of a page that are not blank, ``size`` (width, height) of the page in px, and
    whether they are of the whole page or of regions of it."""

    tiles: list[AnnotatedTile]
    size: tuple[int, int]
    is_whole: bool


def cut(page: AnnotatedPage, profile: Profile, folder: Path) -> CutPage:
    """Writes the page's tiles that are not blank to ``folder``, as ``profile`` cuts them; boxes are
    in their pixels.

    Raises what `render_page` raises.
    """
    request = RenderRequest.for_page(page.page, profile, pixels_only=True)
    return cut_as(page, replace(request, second_scale=0.0), folder)


def cut_as(page: AnnotatedPage, request: RenderRequest, folder: Path) -> CutPage:
    """Writes the page's tiles as `cut` does, by a request whose number of the page is not used."""
    tiles: list[RenderedTile] = []
    with as_document(page) as (pdf, number):
        rendered = render_page(pdf, replace(request, page=number), tiles.append)
    across, down = rendered.width_px / page.width, rendered.height_px / page.height
    objects = [Annotation(each.label, _scaled(each.box, across, down)) for each in page.annotations]
    ignored = [_scaled(box, across, down) for box in page.ignored]
    return CutPage(
        [_written(tile, page.name, objects, ignored, folder) for tile in tiles],
        (rendered.width_px, rendered.height_px),
        is_whole=not (request.include or request.exclude),
    )


@contextmanager
def as_document(page: AnnotatedPage) -> Iterator[tuple[Path, int]]:
    """Yields the file that is rendered, as a run renders it, and the page's number (from 1) in it.

    Of a page with drawn annotations it is a PDF without them: a network would learn to find the
    rectangles that a person drew.
    """
    if page.are_drawn:
        with _without_labels(page) as pdf:
            yield pdf, 1
    elif _kind(page.path) is None:
        with _as_png(page) as picture:
            yield picture, 1
    else:
        yield page.path, page.page


def _kind(path: Path) -> FileKind | None:
    with path.open("rb") as file:
        return kind_of(file.read(HEAD_BYTES))


@lru_cache(maxsize=64)
def _untrusted(path: Path) -> Untrusted:
    with pdf_annotations.opened(path) as document:
        return pdf_annotations.untrusted_of(document)


@contextmanager
def _without_labels(page: AnnotatedPage) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder, pymupdf.open(page.path) as document:
        untrusted = _untrusted(page.path)
        document.select([page.page - 1])
        shown = document[0]
        for each in list(shown.annots()):
            if pdf_annotations.names_something(each, untrusted):
                shown.delete_annot(each)
        pdf = Path(folder) / page.path.name
        document.save(pdf)
        yield pdf


@contextmanager
def _as_png(page: AnnotatedPage) -> Iterator[Path]:
    """Writes a PNG of a GIF, a bitmap or another kind that is no document of its own."""
    with tempfile.TemporaryDirectory() as folder, opened_picture(page.path) as image:
        image.seek(page.page - 1)
        picture = Path(folder) / f"{page.path.stem}.png"
        on_paper(ImageOps.exif_transpose(image)).save(picture)
        yield picture


def _scaled(box: Box, across: float, down: float) -> Box:
    return Box(box.left * across, box.top * down, box.right * across, box.bottom * down)


def _written(
    tile: RenderedTile, page: str, objects: list[Annotation], ignored: list[Box], folder: Path
) -> AnnotatedTile:
    file = folder / f"{page}-t{tile.tile.index:05d}.jpg"
    file.write_bytes(tile.image)
    box = tile.tile.box
    annotations, cut_off = shown_in(box, objects)
    parts = [each.intersection(box) for each in ignored]
    left_out = [part.shift(-box.left, -box.top) for part in parts if part.area]
    return AnnotatedTile(
        file=file,
        page=page,
        left=int(box.left),
        top=int(box.top),
        width=int(box.width),
        height=int(box.height),
        annotations=annotations,
        ignored=(*cut_off, *left_out),
    )
