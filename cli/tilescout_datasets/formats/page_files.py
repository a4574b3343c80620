"""The pages and pictures that annotation files name: where they lie and how large they are."""

from __future__ import annotations

import re
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qs, unquote, urlsplit

import pymupdf
from PIL import ExifTags, Image

from tilescout.geometry import Box
from tilescout_datasets.formats.records import LeftOut

PICTURE_ENDINGS = (".png", ".jpg", ".jpeg", ".jpe", ".tif", ".tiff", ".webp", ".jp2", ".j2k",
                   ".jpx", ".bmp", ".gif", ".pnm", ".ppm", ".pgm", ".pbm")  # fmt: skip
PAGE_ENDINGS = (".pdf", *PICTURE_ENDINGS)
MAX_PIXELS = 4_000_000_000
"""Pictures with more are not measured; the renderer bounds those that are cut into tiles."""
SAME_ASPECT = 0.01
DECODER_FAILURES = (
    ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, OSError, RuntimeError,
    SyntaxError, TypeError, ValueError, struct.error, pymupdf.mupdf.FzErrorBase,
)  # fmt: skip
"""Pillow and MuPDF raise these for a broken file; they have no common base."""
_UPLOADED = re.compile(r"^[0-9a-f]{8}-")
"""Label Studio puts this before the name of an uploaded file."""
_PAGE_OF_PDF = re.compile(r"(?P<pdf>.+\.pdf)/.*?_page_0*(?P<page>[1-9]\d*)\.\w+$", re.IGNORECASE)
"""A picture that CVAT made of a page of a PDF."""


@dataclass(frozen=True, slots=True)
class PageSize:
    """Width and height as shown: pixels of a picture, points of a PDF page.

    ``orientation`` is the picture's EXIF orientation, 1 to 8; from 5 on the sides are swapped
    against those that are stored.
    """

    width: float
    height: float
    orientation: int = 1


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file, and the page of it that a name means; 0 where the name says nothing of a page."""

    path: Path
    page: int = 0


def plain_name(name: str) -> str:
    """Returns the path that a name, a URL or a place of a store means, with forward slashes."""
    url = urlsplit(name.replace("\\", "/"))
    if not url.scheme or len(url.scheme) == 1:
        return unquote(name.replace("\\", "/").partition("?d=")[2] or name.replace("\\", "/"))
    return unquote(parse_qs(url.query).get("d", [url.path])[0])


def has_page_ending(name: str) -> bool:
    """Tells if a name, a URL or a place of a store ends as that of a PDF or a picture does."""
    try:
        return plain_name(name).lower().endswith(PAGE_ENDINGS)
    except ValueError:
        return False


def found_file(beside: Path, *names: str) -> FoundFile:
    """Returns the page or picture that an annotation file names, by the first of ``names`` that is
    there: beside it, in a folder ``images`` there, or in one of the folders of the name itself.

    Raises LeftOut.
    """
    for name in names:
        if found := _found(beside, name):
            return found
    short = PurePosixPath(plain_name(names[0])).name or names[0][:80]
    raise LeftOut(
        "the file is not there",
        f"each annotated page must lie beside {beside.name} or in a folder images there; "
        f"{short} does not; copy it to {beside.parent}",
    )


def _found(beside: Path, name: str) -> FoundFile | None:
    try:
        plain = plain_name(name)
        as_page = _PAGE_OF_PDF.search(plain)
        if as_page and (pdf := _first_file(beside, as_page["pdf"])):
            return FoundFile(pdf, int(as_page["page"]))
        # The name itself may hold a percent sign or a question mark.
        found = _first_file(beside, plain) or _first_file(beside, name.replace("\\", "/"))
    except (OSError, ValueError) as error:
        raise LeftOut("a name that no file can have", f"{name[:80]!r}") from error
    return FoundFile(found) if found else None


def _first_file(beside: Path, name: str) -> Path | None:
    tails = _tails(PurePosixPath(name))
    return next((file for file in (folder / tail for tail in tails for folder in _folders(beside))
                 if file.is_file()), None)  # fmt: skip


def _folders(beside: Path) -> tuple[Path, ...]:
    folder = beside.parent
    return (folder, folder / "images", folder.parent, folder.parent / "images")


def _tails(path: PurePosixPath) -> Iterator[PurePosixPath]:
    """The path, then ever less of its folders, then without what an upload put before it."""
    parts = [part for part in path.parts if part not in ("..", ".")]
    yield path
    yield from (PurePosixPath(*parts[first:]) for first in range(len(parts)))
    if _UPLOADED.match(path.name):
        yield PurePosixPath(_UPLOADED.sub("", path.name))


@lru_cache(maxsize=4096)
def size_of(path: Path, page: int) -> PageSize:
    """Returns the size of a page or picture as shown. Raises LeftOut where it cannot be read."""
    try:
        return _pdf_size(path, page) if is_pdf(path) else _picture_size(path, page)
    except DECODER_FAILURES as error:
        said = (str(error).splitlines() or [type(error).__name__])[0][:100]
        raise LeftOut("the file cannot be read", f"{path.name}: {said}") from error


def is_pdf(path: Path) -> bool:
    """Tells by its content if a file is a PDF."""
    with path.open("rb") as file:
        return b"%PDF-" in file.read(1024)


def _pdf_size(path: Path, page: int) -> PageSize:
    with pymupdf.open(path, filetype="pdf") as document:
        _check_page(path, page, document.page_count)
        shown = document[page - 1].rect
        return PageSize(shown.width, shown.height)


def _picture_size(path: Path, page: int) -> PageSize:
    with opened_picture(path) as image:
        _check_page(path, page, getattr(image, "n_frames", 1))
        image.seek(page - 1)
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise LeftOut("the picture is too large", f"{path.name}: {width} x {height} px")
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
        if orientation not in range(1, 9):
            orientation = 1
        # Pillow tells the size of a TIFF as shown, and that of others as stored.
        is_swapped = orientation >= 5 and image.format != "TIFF"
        return PageSize(*((height, width) if is_swapped else (width, height)), orientation)


def _check_page(path: Path, page: int, count: int) -> None:
    if not 1 <= page <= count:
        raise LeftOut("the file has no such page", f"{path.name} has {count}, not page {page}")


@contextmanager
def opened_picture(path: Path) -> Iterator[Image.Image]:
    """Opens a picture of any size: Pillow's own limit is below that of a large scan of one bit."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                yield image
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def have_same_aspect(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Tells if two sizes differ in aspect by no more than 1 %, or by a pixel of rounding."""
    across, down = other[0] / one[0], other[1] / one[1]
    slack = max(SAME_ASPECT, 1 / min(one), 1 / min(other))
    return abs(across / down - 1) <= slack


def upright(box: Box, stored: tuple[float, float], orientation: int) -> Box:
    """Returns a box of the stored picture (width, height) as EXIF orientation ``orientation``
    shows it.

    The eight orientations are those of Exif 2.32, tag 274.
    """
    width, height = stored
    if orientation < 5:
        across = _side(box.left, box.right, width, is_flipped=orientation in (2, 3))
        down = _side(box.top, box.bottom, height, is_flipped=orientation in (3, 4))
    else:
        across = _side(box.top, box.bottom, height, is_flipped=orientation in (6, 7))
        down = _side(box.left, box.right, width, is_flipped=orientation in (7, 8))
    return Box(across[0], down[0], across[1], down[1])


def _side(first: float, last: float, length: float, *, is_flipped: bool) -> tuple[float, float]:
    return (length - last, length - first) if is_flipped else (first, last)
