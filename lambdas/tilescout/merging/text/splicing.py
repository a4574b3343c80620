"""Splices several readings of one line; no character is lost or doubled at a seam."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, takewhile

from tilescout.detections import Word
from tilescout.geometry import Box
from tilescout.merging.text.confusions import fold_confusable
from tilescout.merging.text.fragments import Fragment
from tilescout.merging.text.glyphs import Glyph, glyphs_of, typical_advance, whole_words, words_from
from tilescout.merging.text.overlap import meeting_point

NEW_PLACE = 0.3
"""A word overlapped by less of its width than this stands at a place of its own."""
MAX_REPEAT_GAP = 1.5
"""Characters between two readings of one word that lie side by side."""
APART = 0.5
"""Two words are apart if the room between them is wider than this many characters."""


def words_of_line(fragments: Sequence[Fragment]) -> tuple[Word, ...]:
    """Returns the words of one line from the fragments that show it, in order, boxes rotated.

    The fewest fragments that reach from end to end are spliced; the others only add words that
    stand where nothing else was read.
    """
    if len(fragments) == 1:
        return fragments[0].words
    advance = typical_advance(fragments)
    chain = _chain(fragments)
    used = {id(fragment) for fragment in chain}
    line = glyphs_of(chain[0], advance)
    spare: list[Glyph] = []
    for fragment in chain[1:]:
        line, dropped = _splice(line, glyphs_of(fragment, advance), advance)
        spare += dropped
    for fragment in fragments:
        if id(fragment) not in used:
            spare += glyphs_of(fragment, advance)
    return _without_repeats(words_from(_add_missed_words(line, spare)), fragments, advance)


def _without_repeats(
    words: Sequence[Word], fragments: Sequence[Fragment], advance: float
) -> tuple[Word, ...]:
    """Returns the words; of two equal neighbours one, unless a fragment shows the pair.

    Readings of one word may lie beside each other where a tile saw it with a poor box. Of what is
    written twice side by side a tile shows both, one of them cut at the most.
    """
    kept = [*words[:1]]
    for word in words[1:]:
        pair = (fold_confusable(kept[-1].text), fold_confusable(word.text))
        # A box that is too narrow for its letters lacks their beginning.
        start = min(word.box.left, word.box.right - len(word.text) * advance)
        is_near = start - kept[-1].box.right <= MAX_REPEAT_GAP * advance
        is_repeat = pair[0] == pair[1] and is_near
        if not is_repeat or any(_shows_twice(fragment, pair[0]) for fragment in fragments):
            kept.append(word)
        elif word.box.width > kept[-1].box.width:
            kept[-1] = word
    return tuple(kept)


def _shows_twice(fragment: Fragment, text: str) -> bool:
    """Tells if a fragment has the word twice side by side, whole or cut by an end of the tile."""
    pairs = list(pairwise(_texts(fragment.words)))
    starts_cut, ends_cut = fragment.is_cut[0], fragment.is_cut[2]
    return any(
        (one == text or (starts_cut and at == 0 and _is_end_of(text, one)))
        and (other == text or (ends_cut and at == len(pairs) - 1 and _is_start_of(text, other)))
        for at, (one, other) in enumerate(pairs)
    )


def _is_end_of(text: str, cut: str) -> bool:
    """Tells if a cut reading, but for its first letter, is an end of the text."""
    return len(cut) > 1 and text.endswith(cut[1:])


def _is_start_of(text: str, cut: str) -> bool:
    """Tells if a cut reading, but for its last letter, is a start of the text."""
    return len(cut) > 1 and text.startswith(cut[:-1])


def _texts(words: Sequence[Word]) -> list[str]:
    return [fold_confusable(word.text) for word in words]


def _chain(fragments: Sequence[Fragment]) -> list[Fragment]:
    """Returns fragments from start to end: always the one that reaches furthest, or the best."""
    rest = sorted(fragments, key=lambda part: (part.box, part.answer, part.report))
    slack = min(fragment.box.height for fragment in rest)
    begin = min(fragment.box.left for fragment in rest)
    chain = [_best([part for part in rest if part.box.left <= begin + slack / 4], slack)]
    while True:
        end = chain[-1].box.right
        further = [part for part in rest if _goes_on(part, chain[-1], slack / 4)]
        overlapping = [part for part in further if part.box.left <= end - slack]
        if not further:
            return chain
        nearest = min(further, key=lambda part: part.box.left)
        chain.append(_best(overlapping or [nearest], slack))


def _goes_on(other: Fragment, last: Fragment, slack: float) -> bool:
    """Tells if ``other`` reaches further, or as far and sees the end that is cut in ``last``."""
    past = other.box.right - last.box.right
    return past > slack or (past >= -slack and last.is_cut[2] and not other.is_cut[2])


def _best(candidates: list[Fragment], slack: float) -> Fragment:
    reach = max(fragment.box.right for fragment in candidates)
    return max((part for part in candidates if part.box.right >= reach - slack / 2), key=_quality)


def _quality(fragment: Fragment) -> tuple[object, ...]:
    cut = fragment.is_cut
    letters = sum(len(word.text) for word in fragment.words)
    confidence = sum(word.confidence * len(word.text) for word in fragment.words) / letters
    return (
        not (cut[1] or cut[3]),
        not (cut[0] or cut[2]),
        confidence,
        letters,
        fragment.answer,
        fragment.report,
    )


def _splice(
    line: list[Glyph], following: list[Glyph], advance: float
) -> tuple[list[Glyph], list[Glyph]]:
    """Returns ``line`` up to where both agree best and ``following`` from there; and the rest."""
    tail = sum(glyph.right < following[0].left - advance for glyph in line)
    head = sum(glyph.left <= line[-1].right + advance for glyph in following)
    anchor = meeting_point(line[tail:], following[:head], advance)
    if anchor is None:
        one, other = _splice_at_seam(line, following)
    else:
        one, other = _splice_at_word_end(line, following, anchor[0] + tail, anchor[1])
    onward = following[other:]
    if anchor is None and one and onward and _are_apart(line[one - 1], onward[0], advance):
        onward[0] = onward[0]._replace(begins=True)
    return line[:one] + onward, line[one:] + following[:other]


def _are_apart(last: Glyph, first: Glyph, advance: float) -> bool:
    """Tells if a space lies between the end of a word seen whole and the next glyph."""
    is_end = not last.is_cut and last.rank == len(last.word.text) - 1
    return is_end and first.left - last.right > APART * advance


def _splice_at_word_end(
    line: list[Glyph], following: list[Glyph], one: int, other: int
) -> tuple[int, int]:
    """Returns the splice moved to an end of its word, where a tile has read that word whole."""
    mine, theirs = line[one], following[other]
    if not theirs.is_cut and (mine.is_cut or theirs.word.confidence > mine.word.confidence):
        back = min(theirs.rank, one, other)
        is_start = mine.is_cut and back == theirs.rank
        odd = (
            _glyphs_of_cut_reading(line[: one - back][::-1], mine.word, theirs.tile)
            if is_start
            else 0
        )
        return one - back - odd, other - back
    ahead = 1
    if not mine.is_cut:
        ahead = min(len(mine.word.text) - mine.rank, len(line) - one, len(following) - other)
    one, other = one + ahead, other + ahead
    is_end = theirs.is_cut and not mine.is_cut and one == len(line)
    odd = _glyphs_of_cut_reading(following[other:], theirs.word, mine.tile) if is_end else 0
    return one, other + odd


def _glyphs_of_cut_reading(beside: list[Glyph], word: Word, tile: Box) -> int:
    """Returns how many glyphs beside a word seen whole belong to a cut reading of it.

    The number is 0 where ``tile``, which saw it whole, does not show the place of them all.
    """
    odd = list(takewhile(lambda glyph: glyph.word is word, beside))
    shows = all(tile.left <= glyph.left and glyph.right <= tile.right for glyph in odd)
    return len(odd) if shows else 0


def _splice_at_seam(line: list[Glyph], following: list[Glyph]) -> tuple[int, int]:
    """Returns the splice where nothing agrees: each reading keeps its side of the seam."""
    end, start = line[-1].right, following[0].left
    seam = (end + start) / 2
    if line[-1].is_cut != following[0].is_cut:
        seam = start if line[-1].is_cut else end
    return (
        sum(glyph.centre < seam for glyph in line),
        sum(glyph.centre < seam for glyph in following),
    )


def _add_missed_words(line: list[Glyph], spare: list[Glyph]) -> list[Glyph]:
    """Adds every whole word of ``spare`` that stands where the line has nothing."""
    for word in whole_words(spare):
        left, right = word[0].word.box.left, word[0].word.box.right
        taken = sum(
            min(glyph.right, right) - max(glyph.left, left)
            for glyph in line
            if glyph.left < right and glyph.right > left
        )
        if taken < NEW_PLACE * (right - left):
            at = sum(glyph.centre < (left + right) / 2 for glyph in line)
            while at < len(line) and not line[at].begins:
                at += 1
            line = line[:at] + word + line[at:]
    return line
