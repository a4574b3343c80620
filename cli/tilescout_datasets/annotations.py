"""Annotated pages and the annotated tiles that are cut from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tilescout.geometry import Box


class UnusableAnnotations(Exception):
    """A file of annotations, or what it tells, cannot be used; tells rule, value and remedy."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """One labelled box."""

    label: str
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotatedPage:
    """A page (from 1) of a PDF, or a picture; boxes are in units of which the page as shown has
    ``width`` x ``height``: pixels at any dpi, or points.

    ``ignored`` parts are neither to be found nor empty. Annotations ``are_drawn`` where they are
    those of the PDF itself, which tiles must not show. ``shown`` is the size (width, height) that
    the file itself has, pixels or points; None where nobody measured it. ``alias`` names the page
    where another file has its name.
    """

    path: Path
    page: int
    width: float
    height: float
    annotations: tuple[Annotation, ...]
    ignored: tuple[Box, ...] = ()
    are_drawn: bool = False
    shown: tuple[float, float] | None = None
    alias: str = ""

    @property
    def name(self) -> str:
        """The name of the page in the files of a data set."""
        return self.alias or f"{self.path.stem}-p{self.page}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotatedTile:
    """An image file of ``width`` x ``height`` px that shows a region of the page ``page``.

    ``ignored`` are parts of objects that the tile's edge cut: neither to be found nor empty.
    """

    file: Path
    page: str
    left: int
    top: int
    width: int
    height: int
    annotations: tuple[Annotation, ...]
    ignored: tuple[Box, ...] = ()

    @property
    def box(self) -> Box:
        """On the page, page px."""
        return Box(self.left, self.top, self.left + self.width, self.top + self.height)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAlike:
    """A place on a page (page px, and px of a tile that shows it); likeness 0 to 1."""

    label: str
    page: str
    box: Box
    likeness: float
    tile: AnnotatedTile

    @property
    def box_in_tile(self) -> Box:
        return self.box.shift(-self.tile.left, -self.tile.top)


def labels_of(tiles: list[AnnotatedTile]) -> tuple[str, ...]:
    """Returns all labels, sorted."""
    return tuple(sorted({each.label for tile in tiles for each in tile.annotations}))
