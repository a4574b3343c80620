"""A page that is one JPEG at the page's own resolution: decoded, not drawn.

Pillow's libjpeg-turbo decodes several times faster than MuPDF's libjpeg, and leaves the colours out
where grey is wanted. The pixels are those that MuPDF draws, but for two: strong colours differ by
some levels in grey, which is the JPEG's own luminance here, and colour profiles are not applied.
Runs in the rendering child only.
"""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pymupdf
from PIL import Image
from pymupdf import mupdf

from tilescout.profiles import Colour
from tilescout.rendering.page_tiles import Pixels

NUMBER = rb"\d+(?:\.\d*)?"
ONE_IMAGE = re.compile(
    rb"\s*(?:q\s+)*%b\s+0\s+0\s+%b(?:\s+-?%b){2}\s+cm\s*/([\w.+-]+)\s+Do\s*(?:Q\s*)*"
    % (NUMBER, NUMBER, NUMBER)
)
"""All of a page's content: an image that is neither turned nor clipped."""
PLAIN_ENTRIES = {"Type", "Subtype", "Width", "Height", "BitsPerComponent", "ColorSpace", "Filter",
                 "Length", "Name", "Interpolate"}  # fmt: skip
"""Entries of an image that is nothing but its pixels: no mask, no layer, no other range."""
MODES = {"DeviceGray": "L", "DeviceRGB": "RGB", 1: "L", 3: "RGB"}
"""Pillow's modes, by the name of a colour space or the number of components of a profile."""
REPLACED = ("DefaultGray", "DefaultRGB")
MAX_PIXELS = 40_000_000
"""A larger scan would take more memory than bands that are drawn."""
FAULTS = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)


def decoded_scan(source: Any, colour: Colour) -> Pixels | None:
    """Returns the pixels (rows x columns x channels) of the JPEG that is all of a PDF's page.

    ``source`` is PyMuPDF's page. None where it is anything else, larger than 40 megapixels, or
    damaged: MuPDF draws what there is of it, and tells what is wrong.
    """
    image = _only_image(source) if source.parent.is_pdf else None
    if image is None:
        return None
    try:
        return _decoded(image, colour)
    except FAULTS:
        return None


def _only_image(source: Any) -> Any:
    """Returns the PDF's object of the JPEG that is all of a page's content; None of any other."""
    found = ONE_IMAGE.fullmatch(source.read_contents())
    entry = mupdf.pdf_lookup_page_obj(pymupdf._as_pdf_document(source.parent), source.number)
    resources = mupdf.pdf_dict_gets_inheritable(entry, "Resources")
    spaces = mupdf.pdf_dict_gets(resources, "ColorSpace")
    has_more = mupdf.pdf_dict_gets(entry, "Annots").m_internal or any(
        mupdf.pdf_dict_gets(spaces, name).m_internal for name in REPLACED
    )
    if found is None or has_more or source.rotation:
        return None
    image = mupdf.pdf_dict_gets(mupdf.pdf_dict_gets(resources, "XObject"), found[1].decode())
    return image if _is_plain_jpeg(image) else None


def _is_plain_jpeg(image: Any) -> bool:
    count = mupdf.pdf_dict_len(image)
    names = {mupdf.pdf_to_name(mupdf.pdf_dict_get_key(image, at)) for at in range(count)}
    return (
        names <= PLAIN_ENTRIES
        and _name(image, "Filter") == "DCTDecode"
        and _mode(image) is not None
    )


def _mode(image: Any) -> str | None:
    """Returns Pillow's mode of the image; None of one in other colours than grey and RGB."""
    space = mupdf.pdf_dict_gets(image, "ColorSpace")
    if not mupdf.pdf_is_array(space):
        return MODES.get(str(mupdf.pdf_to_name(space)))
    if mupdf.pdf_to_name(mupdf.pdf_array_get(space, 0)) != "ICCBased":
        return None
    profile = mupdf.pdf_array_get(space, 1)
    return MODES.get(mupdf.pdf_to_int(mupdf.pdf_dict_gets(profile, "N")))


def _name(image: Any, entry: str) -> str:
    return str(mupdf.pdf_to_name(mupdf.pdf_dict_gets(image, entry)))


def _decoded(image: Any, colour: Colour) -> Pixels:
    """Returns the pixels; raises one of ``FAULTS`` where they are not all there."""
    encoded = bytes(mupdf.fz_buffer_extract(mupdf.pdf_load_raw_stream(image)))
    with Image.open(io.BytesIO(encoded), formats=["JPEG"]) as picture:
        sides = [mupdf.pdf_to_int(mupdf.pdf_dict_gets(image, name)) for name in ("Width", "Height")]
        if picture.mode != _mode(image) or picture.size != tuple(sides):
            raise ValueError("the image is not what its entries say")
        if picture.width * picture.height > MAX_PIXELS:
            raise ValueError("the image takes more memory than bands of it")
        if colour == "grey":
            picture.draft("L", None)
        pixels: Pixels = np.asarray(picture)
    if colour == "grey":
        return pixels[..., None]
    return pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)
