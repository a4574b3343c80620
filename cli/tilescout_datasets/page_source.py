"""Tiles of an annotated page, made by the renderer and the tiler that a detection run uses."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pymupdf
from PIL import Image

from tilescout.geometry import POINTS_PER_INCH, Box
from tilescout.profiles import Profile
from tilescout.rendering.render import render_page
from tilescout.rendering.requests import RenderedTile, RenderRequest
from tilescout_datasets.annotations import AnnotatedPage, AnnotatedTile, Annotation
from tilescout_datasets.formats import pdf_annotations
from tilescout_datasets.tile_rule import shown_in


def cut(page: AnnotatedPage, profile: Profile, folder: Path) -> list[AnnotatedTile]:
    """Write the page's tiles that are not blank to ``folder``; boxes are in their pixels.

    Raises what `render_page` raises.
    """
    tiles: list[RenderedTile] = []
    with _as_pdf(page, profile.dpi) as (pdf, number):
        request = RenderRequest.for_page(number, profile, pixels_only=True)
        rendered = render_page(pdf, replace(request, second_scale=0.0), tiles.append)
    across, down = rendered.width_px / page.width, rendered.height_px / page.height
    objects = [Annotation(each.label, _scaled(each.box, across, down)) for each in page.annotations]
    ignored = [_scaled(box, across, down) for box in page.ignored]
    return [_written(tile, page.name, objects, ignored, folder) for tile in tiles]


@contextmanager
def _as_pdf(page: AnnotatedPage, dpi: int) -> Iterator[tuple[Path, int]]:
    """The PDF and the page's number (from 1) in it.

    Of a picture a PDF that renders it pixel by pixel; of a page with drawn annotations one without
    them: a network would learn to find the rectangles that a person drew.
    """
    if page.path.suffix.lower() != ".pdf":
        with _of_picture(page.path, dpi) as pdf:
            yield pdf, 1
    elif page.are_drawn:
        with _without_labels(page) as pdf:
            yield pdf, 1
    else:
        yield page.path, page.page


@contextmanager
def _without_labels(page: AnnotatedPage) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder, pymupdf.open(page.path) as document:
        untrusted = pdf_annotations.untrusted_of(document)
        document.select([page.page - 1])
        shown = document[0]
        for each in list(shown.annots()):
            if pdf_annotations.names_something(each, untrusted):
                shown.delete_annot(each)
        pdf = Path(folder) / page.path.name
        document.save(pdf)
        yield pdf


@contextmanager
def _of_picture(path: Path, dpi: int) -> Iterator[Path]:
    with Image.open(path) as image:
        width, height = image.size
    with tempfile.TemporaryDirectory() as folder, pymupdf.open() as document:
        points = POINTS_PER_INCH / dpi
        page = document.new_page(width=width * points, height=height * points)
        page.insert_image(page.rect, filename=str(path))
        pdf = Path(folder) / f"{path.stem}.pdf"
        document.save(pdf)
        yield pdf


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
