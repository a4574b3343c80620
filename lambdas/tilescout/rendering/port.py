"""The port through which rendering uses a library that reads and draws documents.

Each library has one adapter: `mupdf.document` for PyMuPDF, `pdfium.document` for PDFium. Everything
is said of a page as a viewer shows it, with the origin top-left. Runs in the rendering child only.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

from tilescout.errors import UnreadableDocument
from tilescout.geometry import Box
from tilescout.profiles import Colour, RendererName
from tilescout.rendering.layer_words import Annotation
from tilescout.rendering.page_strokes import PageStrokes
from tilescout.rendering.page_tiles import Pixels
from tilescout.rendering.process import WorkLimits

ADAPTERS: dict[RendererName, str] = {
    "pymupdf": "tilescout.rendering.mupdf.document",
    "pdfium": "tilescout.rendering.pdfium.document",
}
"""The module of each library, which has its adapter as ``LIBRARY``."""


class ShownPage(Protocol):
    """A page that is interpreted once, at ``dpi``, and is drawn in grey or rgb."""

    width: int
    height: int
    dpi: float

    @property
    def channels(self) -> int: ...

    @property
    def scale(self) -> float:
        """Returns the pixels per point."""

    def in_grey(self, dpi: float) -> ShownPage:
        """Returns the same page in grey at another resolution."""

    def shrunk(self, ratio: float, size: tuple[int, int]) -> ShownPage:
        """Returns the same page, shrunk by ``ratio`` to ``size`` (width, height) px."""

    def draw(self, target: Pixels, top: int, left: int = 0) -> None:
        """Fills ``target`` (rows x columns x channels) with the pixels from (left, top) on."""

    def whole_lines(self) -> AbstractContextManager[None]:
        """Draws no line finer than a pixel while the context lasts."""

    def lines(self) -> list[dict[str, Any]]:
        """Returns lines of text, in points.

        Each is as PyMuPDF's rawdict has it: ``dir`` and ``spans``; a span has ``size``, ``color``
        (0xRRGGBB), ``alpha`` (0 to 255), ``char_flags`` and ``chars``, each with ``c`` and
        ``bbox``.
        """

    def words(self) -> list[tuple[str, Box]]:
        """Returns words and their boxes, in points."""

    @property
    def images(self) -> list[dict[str, Any]]:
        """Returns the images drawn: ``width``, ``height``, ``colorspace`` (channels), ``bpc`` (bits
        per channel) and ``bbox`` in points."""

    @property
    def has_large_image(self) -> bool:
        """True where an image takes longer to decode than the rest of a page to draw."""

    def may_have_image_of(self, pixels: int) -> bool:
        """Tells, at no cost, if an image of so many ``pixels`` may be on the page."""

    def declares_content(self) -> bool:
        """Tells if there is an image or painted text on the page."""

    def to_pixels(self, box: Box) -> Box:
        """Returns a box, in points as ``lines`` has them, in page pixels."""


class SourcePage(Protocol):
    """A page of an open document, before it is drawn."""

    @property
    def size_pt(self) -> tuple[float, float]:
        """Returns width and height as shown."""

    @property
    def rotation(self) -> int:
        """Returns the degrees by which the page is turned to be shown."""

    def require_affordable(self, limits: WorkLimits) -> None:
        """Raises RenderLimitExceeded where drawing the page is more work than ``limits``."""

    def may_draw_image_over(self, limit_mb: int) -> bool:
        """Tells if an image among the page's resources could take more than ``limit_mb``."""

    def shown(self, dpi: float, colour: Colour = "grey") -> ShownPage:
        """Returns the page as it is drawn."""

    def annotations(self) -> Sequence[Annotation]:
        """Returns the texts that annotations hold for lettering drawn as strokes."""

    def strokes(self) -> PageStrokes:
        """Returns painted paths as straight segments, and words."""


class OpenDocument(Protocol):
    """A PDF or a picture that is open."""

    @property
    def page_count(self) -> int:
        """Returns the number of pages. Raises UnreadableDocument."""

    def page(self, number: int, picture_dpi: float) -> SourcePage:
        """Returns page ``number`` (from 1); ``picture_dpi`` is that of a picture that tells none.

        Raises UnreadableDocument where its entry is broken.
        """

    def warnings(self, numbers: range) -> list[str]:
        """Returns what must be told of the file and of pages ``numbers``, which were loaded."""


class Library(Protocol):
    """A library that reads documents; it is loaded by the process that forks the children."""

    out_of_memory: tuple[type[BaseException], ...]
    faults: tuple[type[BaseException], ...]
    """The exceptions of a page that cannot be drawn; those of ``out_of_memory`` come first."""

    def open(self, path: str) -> OpenDocument:
        """Opens a PDF or a picture. Raises UnreadableDocument."""

    def first_error(self) -> str:
        """Returns the first error that was met since and gone on from; empty without one."""

    def error_text(self, error: BaseException) -> str:
        """Returns the library's reason on one line, without the file's name."""


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A file and the library that reads it."""

    path: str
    library: Library

    def open(self) -> OpenDocument:
        """Opens it. Raises UnreadableDocument."""
        return self.library.open(self.path)


def require_page(document: OpenDocument, number: int) -> None:
    """Raises UnreadableDocument where the document has no page ``number`` (from 1)."""
    if not 1 <= number <= document.page_count:
        raise UnreadableDocument(
            f"the page asked for must be 1 to {document.page_count}; it is {number}; "
            "ask for a page of this document"
        )


def load_library(name: RendererName) -> Library:
    """Imports the adapter of a library, and no other one."""
    library: Library = import_module(ADAPTERS[name]).LIBRARY
    return library
