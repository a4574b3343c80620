"""The objects of a PDF as MuPDF has them. Runs in the rendering child only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pymupdf
from pymupdf import mupdf

from tilescout.rendering.page_work import Work, measure_objects
from tilescout.rendering.process import WorkLimits


def measure_page(page: Any, number: int, limits: WorkLimits) -> Work:
    """Returns the work of page ``number`` (from 1) with its annotations.

    Raises RenderLimitExceeded where it is more than ``limits``.
    """
    source = mupdf.pdf_lookup_page_obj(pymupdf._as_pdf_document(page.parent), number - 1)
    return measure_objects(MupdfObjects(), source, number, limits)


class MupdfObjects:
    """Reads objects by MuPDF, for which a missing one is null."""

    def get(self, container: Any, name: str) -> Any:
        return mupdf.pdf_dict_gets(container, name)

    def inherited(self, page: Any, name: str) -> Any:
        return mupdf.pdf_dict_gets_inheritable(page, name)

    def is_stream(self, value: Any) -> bool:
        return bool(mupdf.pdf_is_stream(value))

    def is_dictionary(self, value: Any) -> bool:
        return bool(mupdf.pdf_is_dict(value))

    def is_array(self, value: Any) -> bool:
        return bool(mupdf.pdf_is_array(value))

    def elements(self, array: Any) -> Iterator[Any]:
        return (mupdf.pdf_array_get(array, at) for at in range(mupdf.pdf_array_len(array)))

    def values(self, dictionary: Any) -> Iterator[Any]:
        count = mupdf.pdf_dict_len(dictionary)
        return (mupdf.pdf_dict_get_val(dictionary, at) for at in range(count))

    def name(self, value: Any) -> str:
        return str(mupdf.pdf_to_name(value))

    def integer(self, value: Any) -> int:
        return int(mupdf.pdf_to_int(value))

    def number(self, value: Any) -> int:
        return int(mupdf.pdf_to_num(value))

    def inflated(self, stream: Any, names: list[str], count: int, most: int) -> int:
        try:
            return int(mupdf.fz_skip(_opened(stream, names, count), most))
        except mupdf.FzErrorBase:
            return 0

    def read(self, stream: Any) -> bytes:
        try:
            return bytes(mupdf.fz_buffer_extract(mupdf.pdf_load_stream(stream)))
        except mupdf.FzErrorBase:
            return b""


def _opened(stream: Any, names: list[str], count: int) -> Any:
    """Returns the stream with its first ``count`` filters undone."""
    if count >= len(names):
        return mupdf.pdf_open_stream(stream)
    opened = mupdf.pdf_open_raw_stream(stream)
    for name in names[:count]:
        opened = _undone(name, opened)
    return opened


def _undone(name: str, opened: Any) -> Any:
    match name:
        case "FlateDecode" | "Fl":
            return mupdf.fz_open_flated(opened, 15)
        case "LZWDecode" | "LZW":
            return mupdf.fz_open_lzwd(opened, 1, 9, 0, 0)
        case "RunLengthDecode" | "RL":
            return mupdf.fz_open_rld(opened)
        case "ASCII85Decode" | "A85":
            return mupdf.fz_open_a85d(opened)
        case "ASCIIHexDecode" | "AHx":
            return mupdf.fz_open_ahxd(opened)
    return opened
