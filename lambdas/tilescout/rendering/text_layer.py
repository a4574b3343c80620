"""Reads the PDF's own words that a person sees, and tells what lettering they leave out.

Text is invisible when it is transparent, in the colour of its paper, or covered by something else,
and its pixels show it. Text that the PDF does not paint itself, as under scans and over lettering
drawn as strokes, is read where ink stands under it like lettering. Runs in the rendering child
only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from tilescout.detections import Word
from tilescout.geometry import POINTS_PER_INCH, Box
from tilescout.rendering.ink import Ink, InkProbe
from tilescout.rendering.layer_words import Annotation, LayerWord, layer_words
from tilescout.rendering.lettering import InkRuns, Marks, lettering
from tilescout.rendering.page_tiles import Pixels
from tilescout.rendering.port import ShownPage

# The drawing on which ink is looked for: sharp enough for 2 pt text, cheap for an A0 sheet.
PROBE_DPI = 150
MAX_PROBE_DPI = 400
MAX_PROBE_PIXELS = 50_000_000
HIDDEN_WORD_PX = 12
"""Strokes under unpainted words are told apart where half of those words are at least so tall."""
STRIP_ROWS = 1024
COVERING_WORDS = 10
COVERED_IMAGE_SHARE = 0.05
WORD_MARGIN = 0.25
"""Ink beside a word's box by so much of its shorter side is the word's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Numbers of words of the layer that were not read, by the reason."""

    named: int = 0
    """All words that the layer names."""
    unmapped: int = 0
    over_nothing: int = 0
    unseen: int = 0

    def warnings(self, page: int) -> list[str]:
        """Returns a sentence for each reason that any word was left out for."""
        reasons = (
            (self.unmapped, "glyphs of theirs have no Unicode"),
            (self.over_nothing, "they are invisible and no lettering is drawn at their place"),
            (self.unseen, "they are covered, or drawn in the colour of their paper"),
        )
        return [
            f"{count} of {self.named} words of page {page} were not read, because {reason}"
            for count, reason in reasons
            if count
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageText:
    """Visible words in page pixels, and the boxes of what they leave out.

    ``lettering`` is the number of those boxes in which the pixels show lettering: the first ones.
    """

    words: tuple[Word, ...]
    open: tuple[Box, ...]
    lettering: int = 0
    unread: Unread = Unread()

    @property
    def open_lettering(self) -> tuple[Box, ...]:
        """The boxes of lettering in the drawn pixels that the words leave out."""
        return self.open[: self.lettering]

    @property
    def covers_page(self) -> bool:
        """Tells if the words stand for all lettering of the page."""
        return bool(self.words) and not self.open


def read_text(page: ShownPage, annotations: Sequence[Annotation] = ()) -> PageText:
    """Returns the visible words of ``page``, clipped to it, and what they leave out.

    The words stand for a page where there are 10 of them and none of these is left: lettering in
    the drawn pixels outside of their boxes, a word with a glyph that has no Unicode, and an image
    larger than 5 % of the page without a word in it.
    """
    named = layer_words(page.lines(), annotations)
    drawing = page.in_grey(_probe_dpi(page, named))
    boxes = [drawing.to_pixels(word.box) for word in named]
    probe = InkProbe([_ink(word, box) for word, box in zip(named, boxes, strict=True)])
    runs = InkRuns()
    for rows, top in _strips(drawing):
        probe.look_at(rows, top)
        runs.add(rows, top)
    marks = runs.marks()
    seen = probe.visible()
    broken = _broken_runs(named, probe)
    read = [
        word
        for word, is_seen in zip(named, seen, strict=True)
        if word.text and is_seen and word.run not in broken
    ]
    bounds = Box(0, 0, page.width, page.height)
    words = tuple(_word(word, page, bounds) for word in read)
    shown = _open_lettering(drawing, marks, read, page.dpi / drawing.dpi)
    unmapped = [page.to_pixels(word.box).clamp(bounds) for word in named if word.run in broken]
    return PageText(
        words=words,
        open=(*shown, *unmapped, *_wordless_parts(words, page, bounds)),
        lettering=len(shown),
        unread=_unread(named, seen, broken),
    )


def _probe_dpi(page: ShownPage, named: Sequence[LayerWord]) -> float:
    """Returns the dpi at which ink is looked for; more for small words that are not painted."""
    usual = min(page.dpi, PROBE_DPI)
    sides = [min(word.box.width, word.box.height) for word in named if word.is_hidden]
    if not sides:
        return usual
    wanted = HIDDEN_WORD_PX * POINTS_PER_INCH / max(median(sides), 0.1)
    affordable = page.dpi * math.sqrt(MAX_PROBE_PIXELS / (page.width * page.height))
    return max(usual, min(wanted, affordable, MAX_PROBE_DPI))


def _ink(word: LayerWord, box: Box) -> Ink:
    return Ink(
        box,
        word.grey,
        opacity=word.opacity,
        letters=len(word.text),
        upright=word.direction in ("right", "left"),
    )


def drawn_marks(drawing: ShownPage) -> Marks:
    """Returns the marks of ink on a page that is drawn in grey."""
    runs = InkRuns()
    for rows, top in _strips(drawing):
        runs.add(rows, top)
    return runs.marks()


def _strips(drawing: ShownPage) -> Iterator[tuple[Pixels, int]]:
    strip: Pixels = np.empty((STRIP_ROWS, drawing.width, 1), np.uint8)
    for top in range(0, drawing.height, STRIP_ROWS):
        rows = strip[: min(STRIP_ROWS, drawing.height - top)]
        drawing.draw(rows, top)
        yield rows[..., 0], top


def _broken_runs(named: Sequence[LayerWord], probe: InkProbe) -> set[int]:
    """Returns the words in which a glyph without Unicode shows ink; without ink it is a space."""
    return {
        word.run for number, word in enumerate(named) if not word.text and probe.holds_ink(number)
    }


def _word(word: LayerWord, page: ShownPage, bounds: Box) -> Word:
    return Word(
        text=word.text,
        confidence=100.0,
        box=page.to_pixels(word.box).clamp(bounds),
        line=word.line,
        direction=word.direction,
    )


def _open_lettering(
    drawing: ShownPage, marks: Marks, read: Sequence[LayerWord], enlarged: float
) -> list[Box]:
    boxes = [drawing.to_pixels(word.box) for word in read]
    margins = [1 + WORD_MARGIN * min(box.width, box.height) for box in boxes]
    own = [box.grow(margin, margin) for box, margin in zip(boxes, margins, strict=True)]
    return [box.scale(enlarged) for box in lettering(marks, own)]


def _wordless_parts(words: Sequence[Word], page: ShownPage, bounds: Box) -> list[Box]:
    """Returns the page where it has few words, else its large images without a word in them."""
    if len(words) < COVERING_WORDS:
        return [bounds]
    images = [page.to_pixels(Box(*image["bbox"])).clamp(bounds) for image in page.images]
    centres = [word.box.centre for word in words]
    return [
        image
        for image in images
        if image.area > COVERED_IMAGE_SHARE * bounds.area
        and not any(image.contains(Box(x, y, x, y)) for x, y in centres)
    ]


def _unread(named: Sequence[LayerWord], seen: Sequence[bool], broken: set[int]) -> Unread:
    whole = [(word, is_seen) for word, is_seen in zip(named, seen, strict=True) if word.text]
    lost = [word for word, is_seen in whole if not is_seen and word.run not in broken]
    return Unread(
        named=len({word.run for word in named if word.run in broken})
        + sum(word.run not in broken for word, _ in whole),
        unmapped=len(broken),
        over_nothing=sum(word.is_hidden for word in lost),
        unseen=sum(not word.is_hidden for word in lost),
    )
