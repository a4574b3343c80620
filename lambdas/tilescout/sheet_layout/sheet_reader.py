"""Reads the layout of a sheet from its pixels and words."""

from __future__ import annotations

from collections.abc import Sequence

from tilescout.geometry import Box
from tilescout.sheet_layout.frames import find_frame
from tilescout.sheet_layout.layout import SheetLayout
from tilescout.sheet_layout.ruled_lines import Grey, read_lines
from tilescout.sheet_layout.text_blocks import find_text_blocks
from tilescout.sheet_layout.title_block import find_title_block
from tilescout.sheet_layout.words import SheetWord
from tilescout.sheet_layout.zones import find_zones


def read_sheet(grey: Grey, words: Sequence[SheetWord]) -> SheetLayout:
    """Returns the layout of a page drawn at 72 dpi (rows x columns) with its words in points."""
    page = read_lines(grey)
    straight = [_straight(word, page.slope) for word in words]
    frame = find_frame(page)
    sheet = frame.inner if frame else Box(0, 0, page.width, page.height)
    title = find_title_block(page, sheet, straight)
    blocks = [("title-block", title.box)] if title else []
    return SheetLayout(
        frame=frame.inner if frame else None,
        frame_confidence=frame.confidence if frame else 0.0,
        zones=find_zones(page, frame, straight) if frame else None,
        blocks=(*blocks, *find_text_blocks(page, sheet, straight)),
        fields=title.fields if title else {},
        slope=page.slope,
    )


def _straight(word: SheetWord, slope: float) -> SheetWord:
    x, y = word.box.centre
    return SheetWord(word.text, word.box.shift(slope * y, -slope * x)) if slope else word
