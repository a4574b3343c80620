"""Inspects PDFs and renders their pages, all in a child process.

Everything is said of the page as a viewer shows it: rotation, CropBox and UserUnit applied,
origin top-left. Callers use this module and ``requests``; the rest runs in the child.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilescout.detections import Word
from tilescout.errors import RenderLimitExceeded, UnreadableDocument
from tilescout.geometry import Box
from tilescout.profiles import Profile
from tilescout.rendering.file_kinds import HEAD_BYTES, PICTURE_NAMES, kind_of
from tilescout.rendering.process import RenderLimits, child_frames
from tilescout.rendering.requests import (
    DocumentFacts,
    LetteringHeight,
    PageFacts,
    PageMeasure,
    RenderedPage,
    RenderedTile,
    RenderRequest,
    measure_of,
)
from tilescout.tiling.grid import Tile

if TYPE_CHECKING:
    from tilescout.rendering.page_strokes import PageStrokes

PICTURE_DPI = 200
"""A picture that tells no resolution has this one, where no profile says another."""
MEASURING_SECONDS = 30.0


def inspect_document(
    path: Path,
    *,
    max_pages: int,
    pages: tuple[int, int] | None = None,
    picture_dpi: int = PICTURE_DPI,
    measure: PageMeasure = "none",
    limits: RenderLimits = RenderLimits(),  # noqa: B008 (frozen)
) -> DocumentFacts:
    """Opens the PDF or picture and measures its pages; ``pages`` (first, last) restricts the
    report. A picture without a resolution of its own is taken to have ``picture_dpi``. The
    ``measure`` is taken of the first ten pages of the report.

    Raises UnreadableDocument for a file that is neither, is damaged beyond repair, needs a
    password, has no page, more than ``max_pages`` or an absurd page size; RenderLimitExceeded
    where reading it crashes or exceeds ``limits``. A PDF with only an owner's password is read.
    """
    require_known_kind(path)
    arguments = {
        "path": _from_anywhere(path),
        "max_pages": max_pages,
        "pages": pages,
        "picture_dpi": picture_dpi,
        "measure": measure,
    }
    with child_frames("inspect", arguments, subject="the document", limits=limits) as frames:
        facts = next(frames).value
    return DocumentFacts(
        pages=tuple(_page_facts(page) for page in facts["pages"]),
        page_count=facts["page_count"],
        warnings=tuple(facts["warnings"]),
    )


def _page_facts(value: dict[str, Any]) -> PageFacts:
    height = value["lettering"]
    return PageFacts(**value | {"lettering": height and LetteringHeight(**height)})


def inspect_for_profile(
    path: Path,
    profile: Profile,
    pages: tuple[int, int] | None = None,
    *,
    limits: RenderLimits = RenderLimits(),  # noqa: B008 (frozen)
) -> DocumentFacts:
    """Returns what a plan by the profile needs to know of the pages (first, last; all where None).

    A measure that cannot be taken within ``MEASURING_SECONDS`` is left out. Raises what
    ``inspect_document`` raises.
    """

    def inspect(measure: PageMeasure, limits: RenderLimits) -> DocumentFacts:
        return inspect_document(
            path, max_pages=profile.max_pages, pages=pages, picture_dpi=profile.dpi,
            measure=measure, limits=limits,
        )  # fmt: skip

    wanted = measure_of(profile)
    if wanted != "none":
        with suppress(RenderLimitExceeded):
            return inspect(wanted, replace(limits, wall_seconds=MEASURING_SECONDS))
    return inspect("none", limits)


def _from_anywhere(path: Path) -> str:
    """Returns the path as a renderer finds it, which may have been started in another folder."""
    return str(path.absolute())


def require_known_kind(path: Path) -> None:
    """Raises UnreadableDocument where the file begins neither as a PDF nor as a picture does."""
    with path.open("rb") as file:
        start = file.read(HEAD_BYTES)
    if not start:
        raise UnreadableDocument("the file must be a PDF; it is empty; upload it again")
    if kind_of(start) is None:
        raise UnreadableDocument(
            f"a PDF has %PDF- in its first {HEAD_BYTES} bytes; this file begins with "
            f"{start[:8]!r}; upload a PDF, or a picture: {PICTURE_NAMES}"
        )


def render_page(
    path: Path,
    request: RenderRequest,
    on_tile: Callable[[RenderedTile], None],
    limits: RenderLimits = RenderLimits(),  # noqa: B008 (frozen)
) -> RenderedPage:
    """Renders one page and calls ``on_tile`` with each tile as it is made, in order of index.

    Raises UnsupportedPage, UnreadableDocument and RenderLimitExceeded. An exception of
    ``on_tile`` ends the child and is raised.
    """
    require_known_kind(path)
    arguments = {"path": _from_anywhere(path), "request": asdict(request)}
    subject = f"page {request.page}"
    with child_frames("render", arguments, subject=subject, limits=limits) as frames:
        for frame in frames:
            if frame.kind == "result":
                return _rendered_page(frame.value)
            value = frame.value
            tile = Tile(value["index"], Box(*value["box"]), value["scale"])
            on_tile(RenderedTile(tile=tile, image=frame.payload))
    raise AssertionError("the frames end with a result or raise")


def _rendered_page(value: dict[str, Any]) -> RenderedPage:
    words = tuple(Word(**{**word, "box": Box(**word["box"])}) for word in value["words"])
    return RenderedPage(**{**value, "words": words, "warnings": tuple(value["warnings"])})


def read_strokes(
    path: Path,
    page: int,
    limits: RenderLimits = RenderLimits(),  # noqa: B008 (frozen)
) -> PageStrokes:
    """Returns painted paths as straight segments, and words, in points of the page as shown.

    Raises UnsupportedPage, UnreadableDocument and RenderLimitExceeded.
    """
    require_known_kind(path)
    arguments = {"path": _from_anywhere(path), "page": page}
    with child_frames("strokes", arguments, subject=f"page {page}", limits=limits) as frames:
        frame = next(frames)
    # numpy, which the functions that render pages need for nothing else.
    from tilescout.rendering.page_strokes import from_archive

    return from_archive(frame.payload)
