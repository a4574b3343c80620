"""Counts the work that a page asks of MuPDF before it is drawn. Runs in the rendering child only.

Seconds alone would let a fast machine accept what a slow one refuses, so bombs are found by
counts that are the same on every machine. Nothing is executed: streams are inflated no further
than the limit, and a form counts as often as the content says that it is drawn.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
import pymupdf
from pymupdf import mupdf

from tilescout.errors import RenderLimitExceeded
from tilescout.rendering.process import WorkLimits

MAX_NESTED_FORMS = 50
MAX_FILTERS = 8
SCANNED_BYTES = 4_000_000
IMAGE_FILTERS = {"DCTDecode", "DCT", "JPXDecode", "CCITTFaxDecode", "CCF", "JBIG2Decode"}
USED_BY = {
    b"Do": "XObject",
    b"scn": "Pattern",
    b"gs": "ExtGState",
    b"Tf": "Font",
    b"sh": "Shading",
    b"cs": "ColorSpace",
}
"""The operators that name a resource, and the dictionary in which it is looked up."""
LOADED_ONCE = {"Font", "Shading", "ColorSpace"}
# Operands may stand between the name and the operator: MuPDF ignores them.
USE = re.compile(rb"/([^\s/<>\[\](){}%]+)[\s\d.+-]*(Do|[sS][cC][nN]|gs|Tf|sh|[cC][sS])(?![\w*'\"])")
# What stands before is looked at last: an expression that begins with letters is found faster.
DRAWN = re.compile(rb"Do(?!\w)(?<![\w/]Do)")
TEXT = re.compile(rb"\((?:[^()\\]|\\.)*\)", re.DOTALL)
FILL = re.compile(rb"(?<![\w/])(?:[fFbB]\*?|scn|cs|g|rg|k|Q)(?![\w*])")
COLOUR_OPERATORS = {b"scn", b"cs", b"g", b"rg", b"k", b"Q"}
ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
SEGMENT, PAINT, BEHIND = 1, 2, 12
"""The roles of bytes: the last letter of an operator that adds a segment, of one that paints or
ends a path, and what stands behind an operator: both others, two bits higher."""
ROLES = bytes(
    SEGMENT * (byte in b"lcvyhe")
    | PAINT * (byte in b"fFbBsSn")
    | BEHIND * (byte <= 32 or byte in b"*([</%")
    for byte in range(256)
)


@dataclass(frozen=True, slots=True)
class Work:
    """The work of content: bytes to interpret or decode, and pixels of images to draw."""

    inflated: int = 0
    pixels: int = 0

    def __add__(self, other: Work) -> Work:
        return Work(self.inflated + other.inflated, self.pixels + other.pixels)

    def times(self, count: int) -> Work:
        return Work(self.inflated * count, self.pixels * count)


def measure_page(page: Any, number: int, limits: WorkLimits) -> Work:
    """The work of page ``number`` (from 1) with its annotations.

    Raises RenderLimitExceeded where it is more than ``limits``.
    """
    meter = _Meter(number, limits)
    source = mupdf.pdf_lookup_page_obj(pymupdf._as_pdf_document(page.parent), number - 1)
    resources = mupdf.pdf_dict_gets_inheritable(source, "Resources")
    contents = mupdf.pdf_dict_gets(source, "Contents")
    streams = list(_elements(contents)) if mupdf.pdf_is_array(contents) else [contents]
    work = meter.content([part for part in streams if mupdf.pdf_is_stream(part)], resources)
    for appearance in _appearances(source):
        work += meter.form(appearance, resources)
    meter.require(work)
    return work


def _appearances(source: Any) -> Iterator[Any]:
    """The appearance streams of the page's annotations, in every state that they have."""
    for annotation in _elements(mupdf.pdf_dict_gets(source, "Annots")):
        normal = mupdf.pdf_dict_gets(mupdf.pdf_dict_gets(annotation, "AP"), "N")
        yield from [normal] if mupdf.pdf_is_stream(normal) else _values(normal)


@dataclass(slots=True)
class _Meter:
    page: int
    limits: WorkLimits
    known: dict[tuple[int, int], Work] = field(default_factory=dict)
    """The work of each form, by its number and that of the resources that it was given."""
    open: list[int] = field(default_factory=list)
    """The forms that are being measured, outermost first."""

    def require(self, work: Work) -> None:
        if work.inflated > self.limits.inflated_mb * 1_000_000:
            self.refuse(
                f"its content may inflate to {self.limits.inflated_mb} MB, with each form as often "
                "as it is drawn, and inflates to more"
            )
        if work.pixels > self.limits.image_megapixels * 1_000_000:
            self.refuse(
                f"the images that it draws may have {self.limits.image_megapixels} megapixels and "
                f"have {work.pixels // 1_000_000}"
            )

    def refuse(self, reason: str) -> NoReturn:
        raise RenderLimitExceeded(
            f"page {self.page} cannot be rendered within the limits: {reason}; "
            "simplify or flatten the drawing and upload it again"
        )

    def content(self, streams: list[Any], resources: Any) -> Work:
        """The work of content in one or more streams, which MuPDF reads as one."""
        work = Work(sum(self.inflated(part) for part in streams))
        self.require(work)
        content = b"\n".join(_read(part) for part in streams)
        longest = longest_path(content)
        if longest > self.limits.path_segments:
            self.refuse(f"one path may have {self.limits.path_segments} segments and has {longest}")
        uses = _uses(content)
        for (kind, name), count in uses.items():
            used = self.resource(kind, _find(resources, kind, name), resources)
            work += used.times(1 if kind in LOADED_ONCE else count)
            self.require(work)
        if unnamed := _unnamed_draws(content, uses):
            work += self.largest_drawn(resources).times(unnamed)
            self.require(work)
        return work

    def largest_drawn(self, resources: Any) -> Work:
        """The most bytes and the most pixels that drawing any form or image asks for."""
        forms = _values(mupdf.pdf_dict_gets(resources, "XObject"))
        every = [Work(), *(self.resource("XObject", form, resources) for form in forms)]
        return Work(max(one.inflated for one in every), max(one.pixels for one in every))

    def resource(self, kind: str, found: Any, resources: Any) -> Work:
        """The work of using a resource once."""
        if kind == "ExtGState":
            found = mupdf.pdf_dict_gets(mupdf.pdf_dict_gets(found, "SMask"), "G")
        if kind in LOADED_ONCE:
            return self.once(found)
        if not mupdf.pdf_is_stream(found):
            return self.once(mupdf.pdf_dict_gets(found, "Shading"))
        if mupdf.pdf_to_name(mupdf.pdf_dict_gets(found, "Subtype")) == "Image":
            return self.image(found)
        return self.form(found, resources)

    def image(self, image: Any) -> Work:
        width, height = (
            mupdf.pdf_to_int(mupdf.pdf_dict_gets(image, side)) for side in ("Width", "Height")
        )
        encoded = sum(self.stages(image)[:-1])
        return Work(encoded, max(0, width) * max(0, height))

    def form(self, form: Any, resources: Any) -> Work:
        """The work of drawing a form once; one that draws itself stops there, as in MuPDF."""
        number = mupdf.pdf_to_num(form)
        if self.open[-1:] == [number]:
            return Work()
        if number in self.open or len(self.open) == MAX_NESTED_FORMS:
            self.refuse(f"forms may be nested {MAX_NESTED_FORMS} deep and not in a circle")
        own = mupdf.pdf_dict_gets(form, "Resources")
        key = number, 0 if mupdf.pdf_is_dict(own) else mupdf.pdf_to_num(resources)
        if key not in self.known:
            self.open.append(number)
            self.known[key] = self.content([form], own if mupdf.pdf_is_dict(own) else resources)
            self.open.pop()
        return self.known[key]

    def once(self, root: Any) -> Work:
        """The streams that a font, a shading or a colour space refers to, the first time only."""
        work, waiting = Work(), [root]
        while waiting:
            found = waiting.pop()
            key = mupdf.pdf_to_num(found), -1
            if key in self.known:
                continue
            if key[0]:
                self.known[key] = Work()
            if mupdf.pdf_is_stream(found):
                work += Work(self.inflated(found))
                self.require(work)
            waiting += _elements(found) if mupdf.pdf_is_array(found) else _values(found)
        return work

    def inflated(self, stream: Any) -> int:
        return sum(self.stages(stream))

    def stages(self, stream: Any) -> list[int]:
        """The bytes that each filter of the stream gives, none counted far over the limit.

        A filter that cannot be undone gives none: MuPDF warns of it when it draws the page.
        """
        names = _filters(stream)
        if len(names) > MAX_FILTERS:
            self.refuse(f"a stream may have {MAX_FILTERS} filters and one has {len(names)}")
        most = min(self.limits.inflated_mb * 1_000_000 + 1, sys.maxsize)
        sizes = []
        for count in range(1, max(1, len(names)) + 1):
            try:
                opened = _opened(stream, names, count)
                sizes.append(mupdf.fz_skip(opened, most) if opened else 0)
            except mupdf.FzErrorBase:
                sizes.append(0)
            if sizes[-1] == most:
                break
        return sizes


def _opened(stream: Any, names: list[str], count: int) -> Any:
    """The stream with its first ``count`` filters undone; None from a picture's own filter on."""
    if any(name in IMAGE_FILTERS for name in names[:count]):
        return None
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


def _filters(stream: Any) -> list[str]:
    value = mupdf.pdf_dict_gets(stream, "Filter")
    names = _elements(value) if mupdf.pdf_is_array(value) else [value]
    return [name for name in map(mupdf.pdf_to_name, names) if name]


def _read(stream: Any) -> bytes:
    try:
        return bytes(mupdf.fz_buffer_extract(mupdf.pdf_load_stream(stream)))
    except mupdf.FzErrorBase:
        return b""


def _uses(content: bytes) -> Counter[tuple[str, str]]:
    """Returns how often each resource is used, by kind and name; a pattern once per filling."""
    uses: Counter[tuple[str, str]] = Counter()
    for (name, operator), count in Counter(USE.findall(content)).items():
        uses[USED_BY[_plain(operator)], _unescaped(name)] += count
    if any(kind == "Pattern" for kind, _ in uses):
        for use in USE.finditer(content):
            if _plain(use[2]) == b"scn":
                uses["Pattern", _unescaped(use[1])] += _fills(content, use.end()) - 1
    return uses


def _plain(operator: bytes) -> bytes:
    """Returns an operator as `USED_BY` spells it: those of strokes are those of fills."""
    return operator if operator in USED_BY else operator.lower()


def _unescaped(name: bytes) -> str:
    return ESCAPED.sub(lambda code: bytes([int(code[1], 16)]), name).decode(errors="ignore")


def _fills(content: bytes, start: int) -> int:
    """Returns how many paths are filled from ``start`` before the colour changes; at least 1."""
    count = 0
    for operator in FILL.finditer(content, start):
        if operator[0] in COLOUR_OPERATORS:
            break
        count += 1
    return max(1, count)


def _unnamed_draws(content: bytes, uses: Counter[tuple[str, str]]) -> int:
    """Returns how often something is drawn whose name is not beside the operator."""
    named = sum(count for (kind, _), count in uses.items() if kind == "XObject")
    unnamed = len(DRAWN.findall(content)) - named
    return max(0, len(DRAWN.findall(TEXT.sub(b"", content))) - named) if unnamed > 0 else 0


def longest_path(content: bytes) -> int:
    """The most segments between two operators that paint or end a path."""
    longest = carried = 0
    for start in range(0, len(content), SCANNED_BYTES):
        part = content[start : start + SCANNED_BYTES] + b" "
        roles = np.frombuffer(part.translate(ROLES), np.uint8)
        ended = roles[:-1] & (roles[1:] >> 2)
        operators = ended[np.flatnonzero(ended)]
        ends = np.flatnonzero(operators & PAINT)
        counts = np.cumsum(operators & SEGMENT, dtype=np.int64)
        if len(ends):
            between = np.diff(counts[ends], prepend=0)
            between[0] += carried
            longest, carried = max(longest, int(between.max())), int(counts[-1] - counts[ends[-1]])
        else:
            carried += int(counts[-1]) if len(counts) else 0
    return max(longest, carried)


def _find(resources: Any, kind: str, name: str) -> Any:
    return mupdf.pdf_dict_gets(mupdf.pdf_dict_gets(resources, kind), name)


def _elements(array: Any) -> Iterator[Any]:
    return (mupdf.pdf_array_get(array, at) for at in range(mupdf.pdf_array_len(array)))


def _values(dictionary: Any) -> Iterator[Any]:
    count = mupdf.pdf_dict_len(dictionary)
    return (mupdf.pdf_dict_get_val(dictionary, at) for at in range(count))
