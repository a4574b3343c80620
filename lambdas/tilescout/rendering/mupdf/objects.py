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


READ_BYTES = 1 << 16


class MupdfObjects:
    """Reads objects by MuPDF, for which a missing one is null."""

    def __init__(self) -> None:
        self._kept = 0
        self._content = b""

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
            if count >= len(names) and self._keep_content(stream, most):
                return len(self._content)
            return int(mupdf.fz_skip(_opened(stream, names, count), most))
        except mupdf.FzErrorBase:
            return 0

    def _keep_content(self, stream: Any, most: int) -> bool:
        """Keeps a stream for ``read``, which mostly follows: to undo its filters takes time.

        Returns False where it is not whole, or of more than ``most`` bytes.
        """
        opened = mupdf.pdf_open_stream(stream)
        buffer, truncated = mupdf.fz_read_best(opened, READ_BYTES, most)
        content = b"" if truncated else bytes(mupdf.fz_buffer_extract(buffer))
        self._kept, self._content = 0 if truncated else self.number(stream), content
        return not truncated

    def read(self, stream: Any) -> bytes:
        if self._kept and self._kept == self.number(stream):
            return self._content
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
