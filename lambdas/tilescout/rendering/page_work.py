"""Counts the work that a page asks for before it is drawn. Runs in the rendering child only.

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
from typing import Any, NoReturn, Protocol

import numpy as np

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
INLINE_IMAGE = re.compile(rb"(?<![\w/])BI(?!\w)")
PLAIN_INLINE_IMAGE = re.compile(rb"(?<![\w/])BI(?=[\s/])[^#]{1,300}?\sID\s")
SIDE = re.compile(rb"/(?:W|Width|H|Height)\b\s*([^\s/<>\[\]()]*)")
LARGE_IMAGE_PIXELS = 2_000_000
"""An image with more takes longer to decode than the rest of a page to draw."""
UNKNOWN = sys.maxsize
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
    """The work of content: bytes to interpret or decode, and pixels of images to draw.

    ``largest_image`` is the pixels of the largest of them, ``UNKNOWN`` where that is not plain.
    """

    inflated: int = 0
    pixels: int = 0
    largest_image: int = 0

    def __add__(self, other: Work) -> Work:
        largest = max(self.largest_image, other.largest_image)
        return Work(self.inflated + other.inflated, self.pixels + other.pixels, largest)

    def times(self, count: int) -> Work:
        return Work(self.inflated * count, self.pixels * count, self.largest_image)


class PdfObjects(Protocol):
    """The objects of a PDF, as a library has them; what is missing is an object too."""

    def get(self, container: Any, name: str) -> Any:
        """Returns an entry of a dictionary, or of a stream's dictionary."""

    def inherited(self, page: Any, name: str) -> Any:
        """Returns an entry of a page, or of the node that it inherits it from."""

    def is_stream(self, value: Any) -> bool: ...

    def is_dictionary(self, value: Any) -> bool: ...

    def is_array(self, value: Any) -> bool: ...

    def elements(self, array: Any) -> Iterator[Any]:
        """Yields the elements of an array, none of anything else."""

    def values(self, dictionary: Any) -> Iterator[Any]:
        """Yields the values of a dictionary, or of a stream's dictionary."""

    def name(self, value: Any) -> str:
        """Returns the text of a name; empty for anything else."""

    def integer(self, value: Any) -> int:
        """Returns a number as an integer; 0 for anything else."""

    def number(self, value: Any) -> int:
        """Returns the number of an indirect object; 0 for any other."""

    def inflated(self, stream: Any, names: list[str], count: int, most: int) -> int:
        """Returns the bytes of a stream with its first ``count`` filters undone, counted no further
        than ``most``; 0 where they cannot be undone."""

    def read(self, stream: Any) -> bytes:
        """Returns the bytes of a stream with all filters undone; none where it is broken."""


def measure_objects(objects: PdfObjects, page: Any, number: int, limits: WorkLimits) -> Work:
    """Returns the work of page ``number`` (from 1), whose object is ``page``, with its annotations.

    Raises RenderLimitExceeded where it is more than ``limits``.
    """
    meter = _Meter(objects, number, limits)
    resources = objects.inherited(page, "Resources")
    contents = objects.get(page, "Contents")
    streams = list(objects.elements(contents)) if objects.is_array(contents) else [contents]
    work = meter.content([part for part in streams if objects.is_stream(part)], resources)
    for appearance in _appearances(objects, page):
        work += meter.form(appearance, resources)
    meter.require(work)
    return work


def _appearances(objects: PdfObjects, page: Any) -> Iterator[Any]:
    """The appearance streams of the page's annotations, in every state that they have."""
    for annotation in objects.elements(objects.get(page, "Annots")):
        normal = objects.get(objects.get(annotation, "AP"), "N")
        yield from [normal] if objects.is_stream(normal) else objects.values(normal)


@dataclass(slots=True)
class _Meter:
    objects: PdfObjects
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
        work, parts = Work(), []
        for stream in streams:
            work += Work(self.inflated(stream))
            self.require(work)
            parts.append(self.objects.read(stream))
        content = b"\n".join(parts)
        work += Work(largest_image=largest_inline_image(content))
        self.require_short_paths(content)
        uses = _uses(content)
        for (kind, name), count in uses.items():
            used = self.resource(
                kind, self.objects.get(self.objects.get(resources, kind), name), resources
            )
            work += used.times(1 if kind in LOADED_ONCE else count)
            self.require(work)
        if unnamed := _unnamed_draws(content, uses):
            work += self.largest_drawn(resources).times(unnamed)
            self.require(work)
        return work

    def require_short_paths(self, content: bytes) -> None:
        limit = self.limits.path_segments
        # A segment takes two bytes or more.
        if len(content) <= 2 * limit:
            return
        longest = longest_path(content)
        if longest > limit:
            self.refuse(f"one path may have {limit} segments and has {longest}")

    def largest_drawn(self, resources: Any) -> Work:
        """The most bytes and the most pixels that drawing any form or image asks for."""
        forms = self.objects.values(self.objects.get(resources, "XObject"))
        every = [Work(), *(self.resource("XObject", form, resources) for form in forms)]
        return Work(
            max(one.inflated for one in every),
            max(one.pixels for one in every),
            max(one.largest_image for one in every),
        )

    def resource(self, kind: str, found: Any, resources: Any) -> Work:
        """The work of using a resource once."""
        if kind == "ExtGState":
            found = self.objects.get(self.objects.get(found, "SMask"), "G")
        if kind in LOADED_ONCE:
            return self.once(found)
        if not self.objects.is_stream(found):
            return self.once(self.objects.get(found, "Shading"))
        if self.objects.name(self.objects.get(found, "Subtype")) == "Image":
            return self.image(found)
        return self.form(found, resources)

    def image(self, image: Any) -> Work:
        width, height = (
            self.objects.integer(self.objects.get(image, side)) for side in ("Width", "Height")
        )
        encoded = sum(self.stages(image)[:-1])
        pixels = max(0, width) * max(0, height)
        return Work(encoded, pixels, pixels)

    def form(self, form: Any, resources: Any) -> Work:
        """The work of drawing a form once; one that draws itself stops there, as in MuPDF."""
        number = self.objects.number(form)
        if self.open[-1:] == [number]:
            return Work()
        if number in self.open or len(self.open) == MAX_NESTED_FORMS:
            self.refuse(f"forms may be nested {MAX_NESTED_FORMS} deep and not in a circle")
        own = self.objects.get(form, "Resources")
        key = number, 0 if self.objects.is_dictionary(own) else self.objects.number(resources)
        if key not in self.known:
            self.open.append(number)
            self.known[key] = self.content(
                [form], own if self.objects.is_dictionary(own) else resources
            )
            self.open.pop()
        return self.known[key]

    def once(self, root: Any) -> Work:
        """The streams that a font, a shading or a colour space refers to, the first time only."""
        work, waiting = Work(), [root]
        while waiting:
            found = waiting.pop()
            key = self.objects.number(found), -1
            if key in self.known:
                continue
            if key[0]:
                self.known[key] = Work()
            if self.objects.is_stream(found):
                work += Work(self.inflated(found))
                self.require(work)
            waiting += (
                self.objects.elements(found)
                if self.objects.is_array(found)
                else self.objects.values(found)
            )
        return work

    def children(self, value: Any) -> Iterator[Any]:
        is_array = self.objects.is_array(value)
        return self.objects.elements(value) if is_array else self.objects.values(value)

    def inflated(self, stream: Any) -> int:
        return sum(self.stages(stream))

    def stages(self, stream: Any) -> list[int]:
        """The bytes that each filter of the stream gives, none counted far over the limit.

        A filter that cannot be undone gives none: MuPDF warns of it when it draws the page.
        """
        names = self.filters(stream)
        if len(names) > MAX_FILTERS:
            self.refuse(f"a stream may have {MAX_FILTERS} filters and one has {len(names)}")
        most = min(self.limits.inflated_mb * 1_000_000 + 1, sys.maxsize)
        sizes: list[int] = []
        for count in range(1, max(1, len(names)) + 1):
            # From a picture's own filter on, what it gives are pixels.
            is_picture = any(name in IMAGE_FILTERS for name in names[:count])
            sizes.append(0 if is_picture else self.objects.inflated(stream, names, count, most))
            if sizes[-1] == most:
                break
        return sizes

    def filters(self, stream: Any) -> list[str]:
        value = self.objects.get(stream, "Filter")
        listed = self.objects.elements(value) if self.objects.is_array(value) else iter([value])
        return [name for name in map(self.objects.name, listed) if name]


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


def largest_inline_image(content: bytes) -> int:
    """Returns a bound of the pixels of the largest image that the content itself holds.

    It is the square of the longest side, 0 where there is no image, and ``UNKNOWN`` where sizes are
    not written as plain numbers.
    """
    images = len(INLINE_IMAGE.findall(content))
    if not images:
        return 0
    sides = SIDE.findall(content)
    is_plain = len(PLAIN_INLINE_IMAGE.findall(content)) == images and len(sides) == 2 * images
    if not is_plain or not all(map(bytes.isdigit, sides)):
        return UNKNOWN
    return int(max(sides, key=lambda side: (len(side), side))) ** 2


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
