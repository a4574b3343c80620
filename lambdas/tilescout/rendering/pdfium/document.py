"""Opens documents with PDFium and pikepdf and measures their pages. Runs in the child only."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pikepdf
import pypdfium2

from tilescout.errors import UnreadableDocument, UnsupportedPage
from tilescout.geometry import Box
from tilescout.profiles import Colour
from tilescout.rendering import document_warnings, picture_files
from tilescout.rendering.layer_words import Annotation
from tilescout.rendering.page_strokes import PageStrokes, no_strokes
from tilescout.rendering.page_work import measure_objects
from tilescout.rendering.pdfium import layers
from tilescout.rendering.pdfium.objects import OBJECTS
from tilescout.rendering.pdfium.page import LoadedPage, PdfiumPage, flatten_annotations
from tilescout.rendering.pdfium.text import Placement
from tilescout.rendering.process import WorkLimits

SHX_AUTHOR = "AutoCAD SHX Text"
MAX_NESTED_FORMS = 20
MAX_CHANNELS = 4
BITS_PER_BYTE = 8
FAULTS = (pikepdf.PdfError, pikepdf.PasswordError, RuntimeError, ValueError, TypeError, LookupError)
"""The exceptions of pikepdf and pypdfium2 for a broken file."""
DAMAGED = ("file is damaged", "reconstruct")
NO_MEDIA_BOX = re.compile(r"object (\d+) .*MediaBox is undefined")
"""The warning of pikepdf about a page to which it gave the size of US Letter."""
UNREADABLE_BOX = "unreadable"


@dataclass(frozen=True)
class PdfiumSource:
    """Page ``number`` of an open PDF; PDFium interprets it when it is first shown."""

    document: PdfiumDocument
    number: int
    source: Any
    """The object of the page."""

    @cached_property
    def size_pt(self) -> tuple[float, float]:
        """Returns width and height as shown."""
        left, bottom, right, top = self.box
        across, up = (right - left) * self.unit, (top - bottom) * self.unit
        return (across, up) if self.rotation in (0, 180) else (up, across)

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """Returns left, bottom, right and top of what is shown, by the rules of PDFium."""
        media = _box(self.source, "MediaBox")
        if media is None or not media.area:
            media = Box(0, 0, 612, 792)
        crop = _box(self.source, "CropBox")
        shown = crop.intersection(media) if crop and crop.area else media
        shown = shown if shown.area else media
        return shown.left, shown.top, shown.right, shown.bottom

    @property
    def is_mended(self) -> bool:
        """Tells if the MediaBox is shown for a CropBox that shows nothing of it."""
        media, crop = _box(self.source, "MediaBox"), _box(self.source, "CropBox")
        if media is None or crop is None or not media.area:
            return False
        return not crop.intersection(media).area

    @property
    def rotation(self) -> int:
        """Returns the degrees by which the page is turned to be shown."""
        return int(OBJECTS.integer(OBJECTS.inherited(self.source, "Rotate")) / 90) % 4 * 90

    @property
    def unit(self) -> float:
        """Returns the points of one unit of the page, which PDFium takes as 1."""
        unit = _real(OBJECTS.get(self.source, "UserUnit"))
        return unit if unit > 0 else 1.0

    def require_affordable(self, limits: WorkLimits) -> None:
        """Raises RenderLimitExceeded where drawing the page is more work than ``limits``."""
        measure_objects(OBJECTS, self.source, self.number, limits)

    def may_draw_image_over(self, limit_mb: int) -> bool:
        """Tells if an image among the page's resources could take more than ``limit_mb``."""
        limit = limit_mb * 1_000_000 * BITS_PER_BYTE
        return any(_bits(image) > limit for image in self._images())

    def _images(self) -> Iterator[Any]:
        resources = OBJECTS.inherited(self.source, "Resources")
        return _images_of(resources, MAX_NESTED_FORMS, set())

    def shown(self, dpi: float, colour: Colour = "grey") -> PdfiumPage:
        """Returns the page as it is drawn."""
        return PdfiumPage(self._loaded, dpi, colour)

    @cached_property
    def _loaded(self) -> LoadedPage:
        listed = list(OBJECTS.elements(OBJECTS.get(self.source, "Annots")))
        with _readable(f"every page must be readable; page {self.number} is not"):
            page = self.document.pdf[self.number - 1]
            if self.is_mended:
                page.set_cropbox(*self.box)
            if listed:
                shown = [layers.is_annotation_shown(each, self.document.hidden) for each in listed]
                flatten_annotations(page, shown)
            if listed or self.is_mended:
                page.close()
                page = self.document.pdf[self.number - 1]
        placement = Placement(self.box, self.rotation, self.unit)
        has_images = bool(listed) or any(True for _ in self._images())
        hidden = layers.hidden_names(self.document.objects.Root, self.document.hidden)
        return LoadedPage(page, placement, self.size_pt, has_images, hidden)

    def annotations(self) -> list[Annotation]:
        """Returns the texts that annotations hold for lettering drawn as strokes."""
        listed = OBJECTS.elements(OBJECTS.get(self.source, "Annots"))
        placement = Placement(self.box, self.rotation, self.unit)
        return [
            Annotation(text, placement.shown(box.left, box.top, box.right, box.bottom))
            for each in listed
            if (text := _text(each, "Contents").strip()) and _text(each, "T") == SHX_AUTHOR
            if (box := _box(each, "Rect"))
        ]

    def strokes(self) -> PageStrokes:
        """Raises UnsupportedPage: PDFium tells of no path whether its layer is shown."""
        raise UnsupportedPage(
            f"the strokes of a page are read by the renderer pymupdf; page {self.number} is read "
            "by pdfium; set renderer to pymupdf, or use a detector that reads pixels"
        )


@dataclass(frozen=True)
class PdfiumDocument:
    """A PDF whose objects are open; PDFium opens it when a page is shown."""

    path: str
    objects: pikepdf.Pdf
    told: list[str] = field(default_factory=list)
    """The warnings of pikepdf."""

    @property
    def page_count(self) -> int:
        """Returns the number of pages. Raises UnreadableDocument."""
        with _readable("a PDF must tell its number of pages; this one's is wrong"):
            return len(self.objects.pages)

    @cached_property
    def pdf(self) -> pypdfium2.PdfDocument:
        """Returns PDFium's document of the file, or of a repaired copy where it needs one."""
        try:
            return pypdfium2.PdfDocument(self.path)
        except pypdfium2.PdfiumError:
            repaired = io.BytesIO()
            self.objects.save(repaired)
            self.told.append(DAMAGED[0])
            return pypdfium2.PdfDocument(repaired.getvalue())

    @cached_property
    def hidden(self) -> set[int]:
        """Returns the object numbers of the layers that the document opens without."""
        return layers.hidden_layers(self.objects.Root)

    def page(self, number: int, picture_dpi: float) -> PdfiumSource:
        """Returns page ``number`` (from 1). Raises UnreadableDocument where its entry is broken."""
        with _readable(f"every page must be readable; page {number} is not"):
            return PdfiumSource(self, number, self.objects.pages[number - 1].obj)

    def warnings(self, numbers: range) -> list[str]:
        """Returns what must be told of the file and of pages ``numbers``."""
        sources = {number: self.page(number, 72).source for number in numbers}
        self.told.extend(map(str, self.objects.get_warnings()))
        replaced = {int(number) for number in NO_MEDIA_BOX.findall("\n".join(self.told))}
        boxes = {
            number: ("array", UNREADABLE_BOX)
            if OBJECTS.number(source) in replaced
            else _own_box(source)
            for number, source in sources.items()
        }
        mended = [number for number in numbers if self.page(number, 72).is_mended]
        return [*self._file_warnings(), *document_warnings.box_warnings(boxes, mended)]

    def _file_warnings(self) -> list[str]:
        catalog = self.objects.Root
        has_form = OBJECTS.get(OBJECTS.get(catalog, "AcroForm"), "XFA") is not None
        told = "\n".join(self.told)
        return document_warnings.file_warnings(
            is_repaired=any(mark in told for mark in DAMAGED),
            files=len(self.objects.attachments),
            is_portfolio=OBJECTS.get(catalog, "Collection") is not None,
            is_dynamic_form=has_form
            and (OBJECTS.get(catalog, "NeedsRendering") is True or self._is_placeholder()),
        )

    def _is_placeholder(self) -> bool:
        if self.page_count != 1:
            return False
        words = (text for text, _ in self.page(1, 72).shown(72).words())
        return document_warnings.is_placeholder(" ".join(words))


@dataclass(frozen=True)
class PictureSource:
    """A page of a picture, which Pillow decodes and PDFium draws."""

    path: str
    number: int
    size_pt: tuple[float, float]
    rotation: int = 0

    def require_affordable(self, limits: WorkLimits) -> None:
        """Passes: what a picture takes once decoded was looked at before."""

    def may_draw_image_over(self, limit_mb: int) -> bool:
        """Tells if the picture could take more than ``limit_mb``."""
        return bool(picture_files.refusal(self.path, self.number, limit_mb))

    def shown(self, dpi: float, colour: Colour = "grey") -> PdfiumPage:
        """Returns the page as it is drawn."""
        return PdfiumPage(self._loaded, dpi, colour)

    @cached_property
    def _loaded(self) -> LoadedPage:
        drawn = picture_files.frame_on_paper(self.path, self.number)
        drawn = drawn.convert("L") if drawn.mode == "1" else drawn
        width, height = self.size_pt
        pdf = pypdfium2.PdfDocument.new()
        page = pdf.new_page(width, height)
        image = pypdfium2.PdfImage.new(pdf)
        image.set_bitmap(pypdfium2.PdfBitmap.from_pil(drawn))
        image.set_matrix(pypdfium2.PdfMatrix().scale(width, height))
        page.insert_obj(image)
        page.gen_content()
        placement = Placement((0, 0, width, height), 0, 1)
        return LoadedPage(page, placement, self.size_pt, has_images=True)

    def annotations(self) -> list[Annotation]:
        """Returns none: a picture has no annotations."""
        return []

    def strokes(self) -> PageStrokes:
        """Returns none: a picture is a scan."""
        return no_strokes(*self.size_pt)


@dataclass(frozen=True, slots=True)
class PictureDocument:
    """A picture as a document."""

    path: str

    @property
    def page_count(self) -> int:
        """Returns the number of pages. Raises UnreadableDocument."""
        return picture_files.frame_count(self.path)

    def page(self, number: int, picture_dpi: float) -> PictureSource:
        """Returns page ``number`` (from 1). Raises UnreadableDocument where it is broken."""
        frame = picture_files.frame(self.path, number)
        return PictureSource(self.path, number, frame.size_pt(picture_dpi))

    def warnings(self, numbers: range) -> list[str]:
        """Returns none: inspection tells them by the picture's header."""
        return []


class Pdfium:
    """The adapter of PDFium."""

    out_of_memory: tuple[type[BaseException], ...] = (MemoryError,)
    faults: tuple[type[BaseException], ...] = FAULTS

    def open(self, path: str) -> PdfiumDocument | PictureDocument:
        """Opens a PDF or a picture. Raises UnreadableDocument."""
        if picture_files.picture_kind(path):
            return PictureDocument(path)
        try:
            return PdfiumDocument(path, pikepdf.open(path))
        except FAULTS as error:
            raise _unopened(error) from error

    def first_error(self) -> str:
        """Returns nothing: PDFium does not tell of what it could not draw."""
        return ""

    def error_text(self, error: BaseException) -> str:
        """Returns the reason on one line."""
        return _error_text(error)


LIBRARY = Pdfium()


def _unopened(error: Exception) -> UnreadableDocument:
    if isinstance(error, pikepdf.PasswordError):
        return UnreadableDocument(
            "a PDF must open without a password; this one needs a password to open; "
            "remove the password and upload it again"
        )
    return UnreadableDocument(
        f"a PDF must be whole; this one cannot be opened ({_error_text(error)}), it is "
        "truncated or damaged; export it again and upload it"
    )


def _error_text(error: BaseException) -> str:
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0].rpartition("/")[2][:200]


@contextmanager
def _readable(rule: str) -> Iterator[None]:
    """Raises UnreadableDocument with the rule and what the libraries say."""
    try:
        yield
    except FAULTS as error:
        raise UnreadableDocument(
            f"{rule} ({_error_text(error)}); export the PDF again and upload it"
        ) from error


def _real(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, ArithmeticError):
        return 0.0
    return number if math.isfinite(number) else 0.0


def _box(source: Any, name: str) -> Box | None:
    """A rectangle of the page or of the node that it inherits from; None where it has none.

    ``top`` is the lower side in the page's own coordinates.
    """
    found = list(OBJECTS.elements(OBJECTS.inherited(source, name)))
    if len(found) != 4:
        return None
    x0, y0, x1, y1 = map(_real, found)
    return Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def _own_box(source: Any) -> tuple[str, str]:
    """Returns kind and text of the page's own MediaBox; "null" where it inherits one."""
    found = OBJECTS.get(source, "MediaBox")
    if not OBJECTS.is_array(found):
        return "null", "null"
    text = found.unparse().decode(errors="replace")
    return "array", f"[{' '.join(text.strip('[] ').split())}]"


def _text(source: Any, name: str) -> str:
    found = OBJECTS.get(source, name)
    return str(found) if isinstance(found, pikepdf.String) else ""


def _images_of(resources: Any, depth: int, known: set[int]) -> Iterator[Any]:
    """Yields the images that resources name, and those of forms among them."""
    for each in OBJECTS.values(OBJECTS.get(resources, "XObject")):
        if not OBJECTS.is_stream(each) or OBJECTS.number(each) in known or not depth:
            continue
        known.add(OBJECTS.number(each))
        if OBJECTS.name(OBJECTS.get(each, "Subtype")) == "Image":
            yield each
        else:
            yield from _images_of(OBJECTS.get(each, "Resources"), depth - 1, known)


def _bits(image: Any) -> int:
    width, height, bits = (
        OBJECTS.integer(OBJECTS.get(image, name))
        for name in ("Width", "Height", "BitsPerComponent")
    )
    return width * height * MAX_CHANNELS * max(1, bits)
