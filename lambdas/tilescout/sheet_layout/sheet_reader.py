"""Reads the layout of a sheet from its pixels and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tilescout.geometry import Box
from tilescout.sheet_layout.drawing_scale import drawing_scale
from tilescout.sheet_layout.frames import Frame, find_frame
from tilescout.sheet_layout.layout import SheetLayout
from tilescout.sheet_layout.ruled_lines import Grey, RuledPage, read_lines
from tilescout.sheet_layout.rulings import (
    kept_rulings,
    rulings_from_json,
    rulings_to_json,
)
from tilescout.sheet_layout.scale_bar import bar_scales, known_scale
from tilescout.sheet_layout.text_blocks import find_text_blocks
from tilescout.sheet_layout.title_block import find_title_block, number_in_corner
from tilescout.sheet_layout.words import SheetWord
from tilescout.sheet_layout.zones import find_zones

MIN_WORDS = 10
"""A page with fewer words of its own, such as a scan with a stamp, is described by those that a
detector reads."""


def read_sheet(grey: Grey, words: Sequence[SheetWord]) -> SheetLayout:
    """Returns the layout of a page drawn at 72 dpi (rows x columns) with its words in points."""
    page = read_lines(grey)
    frame = find_frame(page, [_straight(word, page.slope) for word in words])
    layout = _described(page, frame, words)
    if len(words) >= MIN_WORDS or not (page.across or page.down):
        return layout
    return replace(layout, rulings=rulings_to_json(kept_rulings(page, frame)))


def read_words(layout: SheetLayout, words: Sequence[SheetWord]) -> SheetLayout:
    """Returns the layout with what words tell that a detector read on the page, in points.

    It is the same where the page had words of its own, or where none are given.
    """
    if not (layout.rulings and words):
        return layout
    rulings = rulings_from_json(layout.rulings)
    frame = None
    if layout.frame:
        frame = Frame(
            inner=layout.frame,
            border=rulings.border or layout.frame,
            confidence=layout.frame_confidence,
        )
    described = _described(rulings.page(layout.slope), frame, words)
    return replace(described, rulings=layout.rulings)


def _described(page: RuledPage, frame: Frame | None, words: Sequence[SheetWord]) -> SheetLayout:
    straight = [_straight(word, page.slope) for word in words]
    sheet = frame.inner if frame else Box(0, 0, page.width, page.height)
    title = find_title_block(page, sheet, straight)
    blocks = [("title-block", title.box)] if title else []
    large = number_in_corner(sheet, straight)
    fields = ({"number": large} if large else {}) | (title.fields if title else {})
    written = fields.get("scale", "")
    told = drawing_scale(written, page.width, page.height)
    known = known_scale(written, told, bar_scales(page, straight))
    return SheetLayout(
        frame=frame.inner if frame else None,
        frame_confidence=frame.confidence if frame else 0.0,
        zones=find_zones(page, frame, straight) if frame else None,
        blocks=(*blocks, *find_text_blocks(page, sheet, straight)),
        fields=fields,
        scale=known.scale,
        scale_source=known.source,
        scale_note=known.note,
        slope=page.slope,
    )


def _straight(word: SheetWord, slope: float) -> SheetWord:
    x, y = word.box.centre
    return SheetWord(word.text, word.box.shift(slope * y, -slope * x)) if slope else word
