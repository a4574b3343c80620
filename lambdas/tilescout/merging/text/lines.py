"""Stitches the text of a page from the readings of its tiles: words once, lines whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tilescout.detections import TEXT_LAYER_TILE, Answer, Direction, TextLine
from tilescout.geometry import Box, ios
from tilescout.merging.text.confusions import fold_confusable
from tilescout.merging.text.fragments import readings
from tilescout.merging.text.links import lines_of_fragments
from tilescout.merging.text.orientation import SIDES, rotate_from_reading
from tilescout.merging.text.partial_lines import PartialLine, join_continued, partial_line
from tilescout.neighbours import overlapping_pairs, sides_of
from tilescout.tiling.grid import Tile

SAME_INK = 0.7
"""IoS from which two lines are readings of the same ink."""


def stitch_lines(
    answers: Sequence[Answer], page_width: int, page_height: int
) -> tuple[TextLine, ...]:
    """Returns the page's lines (page px), sorted by top and left, in whatever order tiles answer.

    Words seen by several tiles become one; a line cut by a seam becomes one, in whichever of the
    four directions it runs. Lines that one tile reported apart are never joined. Words of the
    PDF's text layer (an answer with tile -1 over the page) win over what was read at their place.
    """
    page = Box(0.0, 0.0, float(page_width), float(page_height))
    every = readings(sorted(set(answers), key=_order), page)
    lines = [
        _line(partial, direction)
        for direction in SIDES
        for partial in join_continued(
            [
                partial_line(group)
                for group in lines_of_fragments(
                    [fragment for fragment in every if fragment.direction == direction]
                )
            ]
        )
    ]
    return tuple(
        sorted(
            _without_double_readings(lines), key=lambda line: (line.box.top, line.box, line.text)
        )
    )


def stitch_tile(tile: Tile, parts: Sequence[Answer]) -> Answer:
    """Returns one answer of a tile from those of its overlapping parts (see ``split_tile``).

    Objects are not stitched: only text detectors cap what they return.
    """
    left, top = tile.box.left, tile.box.top
    moved = [_shift(part, -left, -top) for part in parts]
    lines = stitch_lines(moved, round(tile.box.width), round(tile.box.height))
    return Answer(
        tile=tile.index,
        tile_box=tile.box,
        words=tuple(
            replace(word, line=number, box=word.box.shift(left, top))
            for number, line in enumerate(lines)
            for word in line.words
        ),
        calls=sum(part.calls for part in parts),
        warnings=tuple(warning for part in parts for warning in part.warnings),
        scale=tile.scale,
        left_out=sum(part.left_out for part in parts),
        withheld=tuple(place for part in parts for place in part.withheld),
    )


def _shift(answer: Answer, dx: float, dy: float) -> Answer:
    words = tuple(replace(word, box=word.box.shift(dx, dy)) for word in answer.words)
    return replace(answer, tile_box=answer.tile_box.shift(dx, dy), words=words)


def _order(answer: Answer) -> tuple[object, ...]:
    """The sort key is unique to an answer, so nothing depends on which came first."""
    words = sorted((word.line, word.box, word.text, word.direction) for word in answer.words)
    return answer.tile, answer.tile_box, words


def _line(partial: PartialLine, direction: Direction) -> TextLine:
    words = tuple(
        replace(word, line=0, box=rotate_from_reading(word.box, direction))
        for word in partial.words
    )
    letters = sum(len(word.text) for word in words)
    return TextLine(
        text=" ".join(word.text for word in words),
        confidence=sum(word.confidence * len(word.text) for word in words) / letters,
        box=rotate_from_reading(partial.box, direction),
        words=words,
        tiles=tuple(sorted(partial.tiles)),
        direction=direction,
        open_sides=tuple(
            side for side, cut in zip(SIDES[direction], partial.is_cut, strict=True) if cut
        ),
    )


def _without_double_readings(lines: Sequence[TextLine]) -> list[TextLine]:
    """Drops the worse of two readings of the same ink that could not be linked.

    A short word cut by a tile is easily read sideways, or boxed far too tall. What one tile
    reported is left alone.
    """
    gone: set[int] = set()
    for one, other in overlapping_pairs(sides_of([line.box for line in lines])).tolist():
        a, b = lines[one], lines[other]
        if set(a.tiles) & set(b.tiles) or ios(a.box, b.box) < SAME_INK:
            continue
        if a.direction != b.direction or _repeats(a.text, b.text):
            gone.add(one if _worth(a) < _worth(b) else other)
    return [line for index, line in enumerate(lines) if index not in gone]


def _repeats(one: str, other: str) -> bool:
    short, long = sorted((fold_confusable(one), fold_confusable(other)), key=len)
    return short in long


def _worth(line: TextLine) -> tuple[object, ...]:
    is_exact = TEXT_LAYER_TILE in line.tiles
    return is_exact, not line.open_sides, len(line.text), line.confidence, line.direction, line.box
