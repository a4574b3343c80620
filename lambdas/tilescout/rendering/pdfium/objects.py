"""The objects of a PDF as pikepdf has them. Runs in the rendering child only."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import pikepdf

MAX_ANCESTORS = 50
CHUNK_BYTES = 1 << 16
FLATE = ("FlateDecode", "Fl")
BROKEN = (pikepdf.PdfError, RuntimeError, ValueError, TypeError)
"""The exceptions of pikepdf for a stream that cannot be decoded."""


class PikepdfObjects:
    """Reads objects by pikepdf, for which a missing one is None."""

    def get(self, container: Any, name: str) -> Any:
        return container.get(f"/{name}") if _has_entries(container) and name else None

    def inherited(self, page: Any, name: str) -> Any:
        node = page
        for _ in range(MAX_ANCESTORS):
            if (value := self.get(node, name)) is not None:
                return value
            node = self.get(node, "Parent")
        return None

    def is_stream(self, value: Any) -> bool:
        return isinstance(value, pikepdf.Stream)

    def is_dictionary(self, value: Any) -> bool:
        return isinstance(value, pikepdf.Dictionary)

    def is_array(self, value: Any) -> bool:
        return isinstance(value, pikepdf.Array)

    def elements(self, array: Any) -> Iterator[Any]:
        return iter(array) if self.is_array(array) else iter(())

    def values(self, dictionary: Any) -> Iterator[Any]:
        names = list(dictionary.keys()) if _has_entries(dictionary) else []
        return (dictionary.get(name) for name in names if name != "/Parent")

    def name(self, value: Any) -> str:
        return str(value)[1:] if isinstance(value, pikepdf.Name) else ""

    def integer(self, value: Any) -> int:
        try:
            return int(value)
        except (TypeError, ValueError, ArithmeticError):
            return 0

    def number(self, value: Any) -> int:
        return int(value.objgen[0]) if isinstance(value, pikepdf.Object) else 0

    def inflated(self, stream: Any, names: list[str], count: int, most: int) -> int:
        try:
            data = stream.read_raw_bytes()
            for name in names[:count]:
                data = _undone(name, data, most)
        except BROKEN:
            return 0
        return min(len(data), most)

    def read(self, stream: Any) -> bytes:
        try:
            return bytes(stream.read_bytes())
        except BROKEN:
            return b""


OBJECTS = PikepdfObjects()


def _has_entries(value: Any) -> bool:
    return isinstance(value, (pikepdf.Dictionary, pikepdf.Stream))


def _undone(name: str, data: bytes, most: int) -> bytes:
    if name in FLATE:
        return _flated(data, most)
    holder = pikepdf.Stream(pikepdf.new(), data)
    holder.Filter = pikepdf.Name(f"/{name}")
    return bytes(holder.read_bytes(pikepdf.StreamDecodeLevel.specialized))[:most]


def _flated(data: bytes, most: int) -> bytes:
    """Returns what can be inflated of the data, and no more than ``most`` bytes."""
    inflater = zlib.decompressobj()
    inflated = bytearray()
    for start in range(0, len(data), CHUNK_BYTES):
        if len(inflated) >= most or inflater.eof:
            break
        chunk = inflater.unconsumed_tail + data[start : start + CHUNK_BYTES]
        try:
            inflated += inflater.decompress(chunk, most - len(inflated))
        except zlib.error:
            break
    return bytes(inflated)
