"""Pictures as documents: PNG, JPEG, WebP, TIFF of one or more pages, and JPEG 2000.

A picture that tells a resolution from 100 to 1,200 dpi has the size that this gives, as the same
page in a PDF would. One that tells none, or a default such as 72 or 96, is as large as its pixels
are at the dpi at which it is rendered: one pixel of the picture is one of the page. EXIF
orientation is applied, and what is transparent is paper. Runs in the rendering child only.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageOps, ImageSequence

from tilescout.errors import UnreadableDocument
from tilescout.geometry import POINTS_PER_INCH
from tilescout.rendering.file_kinds import HEAD_BYTES, FileKind, kind_of

SENSIBLE_DPI = (100.0, 1200.0)
"""Below are what programs write that know none: 1, 72, 96."""
ROUNDING = 0.05
"""PNG and JPEG tell dots in a metre or centimetre."""
BYTES_OF_MODE = {"1": 1, "L": 1, "P": 1, "LA": 2, "I;16": 2, "RGB": 3, "RGBA": 4, "CMYK": 4,
                 "YCbCr": 3, "LAB": 3, "I": 4, "F": 4}  # fmt: skip
"""The bytes of a pixel as the renderer decodes it."""
OF_32_BITS = ("I", "F")
"""Modes whose values the renderer clips, so that a page would be all black or all white."""
SWAPPED = range(5, 9)
"""EXIF orientations of which the sides are swapped against those that are stored."""
FAULTS = (ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, OSError,
          SyntaxError, TypeError, ValueError, struct.error)  # fmt: skip
"""Pillow raises these for a broken file."""


@dataclass(frozen=True, slots=True)
class PictureFrame:
    """One page of a picture: pixels as shown, the dpi it tells (0 where it tells none), the bytes
    that it takes once decoded, and Pillow's name of the kind of its pixels."""

    width: int
    height: int
    dpi: tuple[float, float]
    decoded_bytes: int
    mode: str

    def size_pt(self, picture_dpi: float) -> tuple[float, float]:
        """Returns the size in points; ``picture_dpi`` is that of a picture that tells none."""
        across, down = (dpi or picture_dpi for dpi in self.dpi)
        return self.width * POINTS_PER_INCH / across, self.height * POINTS_PER_INCH / down

    def refusal(self, page: int, limit_mb: int) -> str:
        """Returns why the picture is not drawn; empty where it can be, within the limit."""
        if self.mode in OF_32_BITS:
            return (
                f"an image may have 16 bits per value; page {page} is one of 32, which does not "
                "tell its white from its black; save it with 8 or 16"
            )
        needed_mb = self.decoded_bytes // 1_000_000
        if needed_mb <= limit_mb:
            return ""
        return (
            f"an image may take {limit_mb} MB once decoded; page {page} is one of {self.width} x "
            f"{self.height} px that takes {needed_mb} MB; scan or export it at a lower resolution"
        )


def picture_kind(path: str) -> FileKind | None:
    """Returns the kind of a picture; None for a PDF, and for what is neither."""
    with Path(path).open("rb") as file:
        kind = kind_of(file.read(HEAD_BYTES))
    return None if kind == "pdf" else kind


def refusal(path: str, number: int, limit_mb: int) -> str:
    """Returns why a page of a picture is not drawn; empty where it is, and for a PDF."""
    if picture_kind(path) is None or not 1 <= number <= frame_count(path):
        return ""
    return frame(path, number).refusal(number, limit_mb)


def frame_count(path: str) -> int:
    """Returns the number of pages. Raises UnreadableDocument.

    Frames of other kinds than TIFF are an animation, or what a camera adds to a photograph.
    """
    with _opened(path) as image:
        return int(getattr(image, "n_frames", 1)) if image.format == "TIFF" else 1


def frame(path: str, number: int) -> PictureFrame:
    """Returns what the header says of page ``number`` (from 1). Raises UnreadableDocument."""
    with _opened(path) as image:
        image.seek(number - 1)
        width, height = image.size
        dpi = _sensible(image.info.get("dpi"))
        if _orientation(image) in SWAPPED:
            dpi = (dpi[1], dpi[0])
            # Pillow tells the size of a TIFF as shown, and that of others as stored.
            width, height = (width, height) if image.format == "TIFF" else (height, width)
        decoded = width * height * BYTES_OF_MODE.get(image.mode, 4)
        return PictureFrame(width, height, dpi, decoded, image.mode)


def warnings(frames: Mapping[int, PictureFrame], dpi: float) -> Iterator[str]:
    """Yields what must be told of pages that are not rendered pixel by pixel at ``dpi``."""
    scaled = [(number, frame.dpi[0]) for number, frame in frames.items()
              if frame.dpi[0] not in (0, dpi)]  # fmt: skip
    if scaled:
        number, own = scaled[0]
        more = f" and {len(scaled) - 1} more" if len(scaled) > 1 else ""
        yield f"page {number}{more} is a picture of {own:g} dpi and is rendered at {dpi:g}"


def decoded(path: str, number: int) -> Image.Image:
    """Returns page ``number`` (from 1) as it is shown, in grey or RGB. Raises UnreadableDocument.

    Pillow decodes it: colour profiles are not applied.
    """
    with _opened(path) as image:
        image.seek(number - 1)
        image.load()
        shown = on_paper(image if _orientation(image) == 1 else ImageOps.exif_transpose(image))
        return shown.convert("L") if shown.mode == "1" else shown


def is_turned(path: str) -> bool:
    """Tells if a page is shown otherwise than it is stored. Raises UnreadableDocument."""
    with _opened(path) as image:
        return any(_orientation(frame) != 1 for frame in _frames(image))


def _frames(image: Image.Image) -> Iterator[Image.Image]:
    """Yields the pages of a picture, of which one at a time is there."""
    return ImageSequence.Iterator(image) if image.format == "TIFF" else iter((image,))


def _orientation(image: Image.Image) -> int:
    """Returns the EXIF orientation, 1 to 8: 1 where it is none of these."""
    told = image.getexif().get(ExifTags.Base.Orientation, 1)
    return told if told in range(1, 9) else 1


def upright_tiff(path: str) -> bytes:
    """Returns a TIFF of the pages as they are shown. Raises UnreadableDocument."""
    body = io.BytesIO()
    with _opened(path) as image:
        first, *others = (on_paper(ImageOps.exif_transpose(each)) for each in _frames(image))
        first.save(body, "TIFF", compression="packbits", save_all=True, append_images=others)
    return body.getvalue()


def frame_on_paper(path: str, number: int) -> Image.Image:
    """Returns page ``number`` (from 1) as it is shown, in 1 or 8 bits. Raises UnreadableDocument.

    A picture that takes more than may be decoded is for the caller to refuse.
    """
    with _opened(path) as image:
        image.seek(number - 1)
        return on_paper(_in_eight_bits(ImageOps.exif_transpose(image)))


def _in_eight_bits(image: Image.Image) -> Image.Image:
    """Returns the picture with the upper eight of sixteen bits; Pillow itself would clip them."""
    if not image.mode.startswith("I;16"):
        return image
    return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))


def on_paper(image: Image.Image) -> Image.Image:
    """Returns a picture in which white is what was transparent."""
    if not image.has_transparency_data:
        return image if image.mode in ("1", "L", "RGB") else image.convert("RGB")
    seen = image.convert("RGBA")
    paper = Image.new("RGBA", seen.size, "white")
    return Image.alpha_composite(paper, seen).convert("RGB")


@contextmanager
def _opened(path: str) -> Iterator[Image.Image]:
    """The renderer bounds pictures itself, by what they take once decoded."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        # Given a path, Pillow maps uncompressed pixels to memory as if no TIFF was turned.
        with Path(path).open("rb") as file, Image.open(file) as image:
            yield image
    except FAULTS as error:
        raise unreadable(error) from error
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def unreadable(error: Exception) -> UnreadableDocument:
    """Returns the error of a picture that is broken, with the reason."""
    said = (str(error).splitlines() or [type(error).__name__])[0][:200]
    return UnreadableDocument(
        f"a picture must be whole; this one cannot be opened ({said}); export it again and upload "
        "it"
    )


def _sensible(told: Any) -> tuple[float, float]:
    """The dpi across and down; 0 and 0 where either is none that a scanner has."""
    try:
        across, down = (float(dpi) for dpi in told)
    except (TypeError, ValueError, ArithmeticError):
        return 0.0, 0.0
    least, most = SENSIBLE_DPI
    if not (least - ROUNDING <= across <= most + 1 and least - ROUNDING <= down <= most + 1):
        return 0.0, 0.0
    return _rounded(across), _rounded(down)


def _rounded(dpi: float) -> float:
    return float(round(dpi)) if abs(dpi - round(dpi)) <= ROUNDING else dpi
