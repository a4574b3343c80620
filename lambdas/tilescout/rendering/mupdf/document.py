"""Opens documents with MuPDF and measures their pages. Runs in the rendering child only."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pymupdf
from pymupdf import mupdf

from tilescout.errors import UnreadableDocument
from tilescout.geometry import Box
from tilescout.profiles import Colour
from tilescout.rendering import document_warnings, images, picture_files
from tilescout.rendering.layer_words import Annotation
from tilescout.rendering.mupdf import layer_policies
from tilescout.rendering.mupdf.objects import measure_page
from tilescout.rendering.mupdf.page import MupdfPage
from tilescout.rendering.mupdf.shx_annotations import shx_annotations
from tilescout.rendering.mupdf.strokes import strokes_of
from tilescout.rendering.page_strokes import PageStrokes
from tilescout.rendering.page_work import UNKNOWN
from tilescout.rendering.process import WorkLimits

TURNED_HERE = ("png", "tiff")
"""Kinds of pictures whose EXIF orientation MuPDF does not apply."""


@dataclass(slots=True)
class MupdfSource:
    """Page ``number`` of a document, as MuPDF loads it; its size where it is a picture.

    ``largest_image`` are its pixels once the page's work was measured.
    """

    page: Any
    number: int
    picture_size_pt: tuple[float, float] | None = None
    largest_image: int = UNKNOWN

    @property
    def size_pt(self) -> tuple[float, float]:
        """Returns width and height as shown."""
        return self.picture_size_pt or (self.page.rect.width, self.page.rect.height)

    @property
    def rotation(self) -> int:
        """Returns the degrees by which the page is turned to be shown."""
        return int(self.page.rotation)

    def require_affordable(self, limits: WorkLimits) -> None:
        """Raises RenderLimitExceeded where drawing the page is more work than ``limits``."""
        if not self.picture_size_pt:
            self.largest_image = measure_page(self.page, self.number, limits).largest_image

    def may_draw_image_over(self, limit_mb: int) -> bool:
        """Tells if an image among the page's resources could take more than ``limit_mb``."""
        with _readable(f"every page must be readable; page {self.number} is not"):
            listed = self.page.parent.get_page_images(self.number - 1)
        return images.may_be_refused(listed, limit_mb)

    def shown(self, dpi: float, colour: Colour = "grey") -> MupdfPage:
        """Returns the page as it is drawn."""
        page = MupdfPage(self.page, dpi, colour, self.picture_size_pt)
        page.largest_image = self.largest_image
        return page

    def annotations(self) -> list[Annotation]:
        """Returns the texts that annotations hold for lettering drawn as strokes."""
        return [] if self.picture_size_pt else shx_annotations(self.page)

    def strokes(self) -> PageStrokes:
        """Returns painted paths as straight segments, and words."""
        return strokes_of(self.page)


@dataclass(frozen=True, slots=True)
class MupdfDocument:
    """A PDF or a picture that MuPDF has opened, with the pages whose CropBox was mended."""

    path: str
    document: Any
    mended: set[int] = field(default_factory=set)

    @property
    def page_count(self) -> int:
        """Returns the number of pages. Raises UnreadableDocument."""
        with _readable("a PDF must tell its number of pages; this one's is wrong"):
            return int(self.document.page_count)

    def page(self, number: int, picture_dpi: float) -> MupdfSource:
        """Returns page ``number`` (from 1). Raises UnreadableDocument where its entry is broken."""
        if self.document.is_pdf and _mended(self.document, number):
            self.mended.add(number)
        page = load_page(self.document, number)
        return MupdfSource(
            page, number, size_in_points(self.path, self.document, number, picture_dpi)
        )

    def warnings(self, numbers: range) -> list[str]:
        """Returns what must be told of the file and of pages ``numbers``, which were loaded."""
        boxes = {number: _media_box(self.document, number) for number in numbers}
        return [
            *_warnings(self.document),
            *document_warnings.box_warnings(boxes, sorted(self.mended)),
        ]


class Mupdf:
    """The adapter of PyMuPDF."""

    out_of_memory: tuple[type[BaseException], ...] = (MemoryError, mupdf.FzErrorSystem)
    faults: tuple[type[BaseException], ...] = (RuntimeError, mupdf.FzErrorBase)

    def open(self, path: str) -> MupdfDocument:
        """Opens a PDF or a picture. Raises UnreadableDocument."""
        return MupdfDocument(path, open_document(path))

    def first_error(self) -> str:
        """Returns the first error that MuPDF reported and went on from; empty without one.

        Its warnings lose nothing: a wrong stream length, a substituted font.
        """
        reported = pymupdf.TOOLS.mupdf_warnings(reset=0).splitlines()
        return next((line[:200] for line in reported if re.search(r"\berror\b", line)), "")

    def error_text(self, error: BaseException) -> str:
        """Returns MuPDF's reason on one line, without the file's name."""
        return error_text(error)


LIBRARY = Mupdf()


def open_document(path: str) -> Any:
    """Returns the open PDF or picture; raises UnreadableDocument where MuPDF cannot open it."""
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    if kind := picture_files.picture_kind(path):
        return open_picture(path, kind)
    try:
        document = pymupdf.open(path, filetype="pdf")
    except pymupdf.mupdf.FzErrorSystem:  # out of memory: no fault of the file's
        raise
    except (pymupdf.FileDataError, pymupdf.mupdf.FzErrorBase) as error:
        raise UnreadableDocument(
            f"a PDF must be whole; this one cannot be opened ({error_text(error)}), it is "
            "truncated or damaged; export it again and upload it"
        ) from error
    if document.needs_pass:
        raise UnreadableDocument(
            "a PDF must open without a password; this one needs a password to open; "
            "remove the password and upload it again"
        )
    pymupdf.TOOLS.reset_mupdf_warnings()
    with _readable("the layers of a PDF must be readable; these are not"):
        layer_policies.apply_policies(document)
    return document


def open_picture(path: str, kind: str) -> Any:
    """Returns MuPDF's document of the picture. Raises UnreadableDocument."""
    try:
        # MuPDF reads no WebP, and turns JPEG only.
        if kind == "webp" or (kind in TURNED_HERE and picture_files.is_turned(path)):
            return pymupdf.open(stream=picture_files.upright_tiff(path), filetype="tiff")
        return pymupdf.open(path, filetype=kind)
    except pymupdf.mupdf.FzErrorSystem:  # out of memory: no fault of the file's
        raise
    except (pymupdf.FileDataError, pymupdf.mupdf.FzErrorBase) as error:
        raise picture_files.unreadable(error) from error


def error_text(error: BaseException) -> str:
    """Returns MuPDF's reason on one line, without the file's name."""
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0].split(" '")[0][:200]


def _media_box(document: Any, number: int) -> tuple[str, str]:
    """Returns kind and text of the page's own entry; "null" where it inherits one."""
    with _readable(f"every page must be readable; page {number} is not"):
        entry: tuple[str, str] = document.xref_get_key(document.page_xref(number - 1), "MediaBox")
        return entry


def _mended(document: Any, number: int) -> bool:
    with _readable(f"every page must be readable; page {number} is not"):
        return mend_crop_box(document, number)


def load_page(document: Any, number: int) -> Any:
    """Returns page ``number`` (from 1); raises UnreadableDocument where its entry is broken."""
    with _readable(f"every page must be readable; page {number} is not"):
        if document.is_pdf:
            mend_crop_box(document, number)
        return document.load_page(number - 1)


def size_in_points(path: str, document: Any, number: int, dpi: float) -> tuple[float, float] | None:
    """The size of a page as shown where it is a picture, rendered at ``dpi``; else MuPDF tells."""
    return None if document.is_pdf else picture_files.frame(path, number).size_pt(dpi)


@contextmanager
def _readable(rule: str) -> Iterator[None]:
    """Raises UnreadableDocument with the rule and what MuPDF says."""
    try:
        yield
    except pymupdf.mupdf.FzErrorSystem:  # out of memory: no fault of the file's
        raise
    except (RuntimeError, ValueError, pymupdf.mupdf.FzErrorBase) as error:
        raise UnreadableDocument(
            f"{rule} ({error_text(error)}); export the PDF again and upload it"
        ) from error


def mend_crop_box(document: Any, number: int) -> bool:
    """Gives page ``number`` (from 1) its MediaBox for a CropBox that shows nothing of it.

    Returns whether that was needed. The file itself is not changed.
    """
    page = mupdf.pdf_lookup_page_obj(mupdf.pdf_document_from_fz_document(document.this), number - 1)
    media, crop = _box(page, "MediaBox"), _box(page, "CropBox")
    if media is None or crop is None or not media.area or crop.intersection(media).area:
        return False
    rect = mupdf.FzRect(media.left, media.top, media.right, media.bottom)
    mupdf.pdf_dict_put_rect(page, mupdf.pdf_new_name("CropBox"), rect)
    return True


def _box(page: Any, name: str) -> Box | None:
    """A box of the page or of the node that it inherits from; None where there is none, or no
    number in it."""
    found = mupdf.pdf_dict_get_inheritable(page, mupdf.pdf_new_name(name))
    if not found.m_internal or mupdf.pdf_array_len(found) != 4:
        return None
    sides = [mupdf.pdf_to_real(mupdf.pdf_array_get(found, at)) for at in range(4)]
    if not all(map(math.isfinite, sides)):
        return None
    return Box(min(sides[0], sides[2]), min(sides[1], sides[3]), max(sides[0], sides[2]),
               max(sides[1], sides[3]))  # fmt: skip


def _warnings(document: Any) -> list[str]:
    """Returns warnings for what is not on the pages of a PDF; a picture has nothing like it."""
    if not document.is_pdf:
        return []
    return document_warnings.file_warnings(
        is_repaired=bool(document.is_repaired),
        files=int(document.embfile_count()),
        is_portfolio=_catalog(document, "Collection") != "null",
        is_dynamic_form=_catalog(document, "AcroForm/XFA") != "null"
        and (_catalog(document, "NeedsRendering") == "true" or _is_placeholder(document)),
    )


def _catalog(document: Any, name: str) -> str:
    """An entry of the catalog; "null" where there is none."""
    with _readable("a PDF must have a catalog"):
        return str(document.xref_get_key(document.pdf_catalog(), name)[1])


def _is_placeholder(document: Any) -> bool:
    """Tells if the one page stands in for a form."""
    if document.page_count != 1:
        return False
    return document_warnings.is_placeholder(load_page(document, 1).get_text())
