"""Reads crops of single lines with the recogniser of RapidOCR, within an alphabet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidocr.ch_ppocr_rec import TextRecognizer

from tilescout.detector_kinds import DEFAULT_ALPHABET
from tilescout_local.engines.alphabet import Alphabet

Image = NDArray[np.uint8]
MIN_SLASHED = 0.1
"""The summed probability from which a slashed O is emitted where a digit follows. The blank wins
there, as the family shares its probability; .07 to .2 measure alike."""
MIN_ONE = 0.03
"""The probability of a 1 from which an I among digits is one."""
MIN_O = 0.05
"""The probability of an O from which a 0 in the middle of a word is one: zeros have .046 at most,
but for one font."""
MIN_I = 0.03
TIMES = "\u00d7"
LONE_DOLLAR = re.compile(r"\$(?!\s?\d)")


@dataclass(frozen=True, slots=True)
class Reading:
    """The text of a crop: confidences 0-1, and the column of each letter but spaces.

    ``length`` is the number of columns that the crop takes.
    """

    text: str
    confidence: float
    columns: tuple[int, ...]
    confidences: tuple[float, ...]
    length: float


NOTHING = Reading("", 0.0, (), (), 1.0)


class Recogniser:
    """Reads many crops at once, with Latin letters unless ``use`` names another alphabet."""

    def __init__(self, recogniser: TextRecognizer) -> None:
        self._model = recogniser
        self._alphabets: dict[str, Alphabet] = {}
        self.use(DEFAULT_ALPHABET)

    def use(self, alphabet: str) -> None:
        """Reads with this alphabet from now on. Raises KeyError for an unknown name."""
        if alphabet not in self._alphabets:
            characters = self._model.postprocess_op.character
            self._alphabets[alphabet] = Alphabet(characters, alphabet)
        self._alphabet = self._alphabets[alphabet]

    def read(self, crops: Sequence[Image]) -> list[Reading]:
        """Returns the reading of each crop (rows, columns, BGR), in order.

        Crops of like shape are read together, as a batch is padded to its widest.
        """
        ratios = [crop.shape[1] / crop.shape[0] for crop in crops]
        order = sorted(range(len(crops)), key=lambda at: ratios[at])
        readings = [NOTHING] * len(crops)
        size = self._model.rec_batch_num
        for start in range(0, len(order), size):
            batch = order[start : start + size]
            widest = max(self._min_ratio, *(ratios[at] for at in batch))
            inputs = np.stack([self._model.resize_norm_img(crops[at], widest) for at in batch])
            output = self._model.session(inputs.astype(np.float32))
            for at, columns in zip(batch, output, strict=True):
                readings[at] = decode(columns, len(columns) * ratios[at] / widest, self._alphabet)
        return readings

    @property
    def _min_ratio(self) -> float:
        _, height, width = self._model.rec_image_shape[:3]
        return float(width) / float(height)


def decode(output: NDArray[np.float32], length: float, alphabet: Alphabet) -> Reading:
    """Returns the reading of one crop from its probabilities (columns x dictionary).

    Greedy decoding of connectionist temporal classification (Graves et al., 2006), with the
    slashed-O family summed before the choice.
    """
    kept = alphabet.chosen(output)
    best = kept.argmax(axis=1)
    slashed = output[:, alphabet.slashed].sum(axis=1)
    changes = np.append(True, best[1:] != best[:-1])
    columns = np.flatnonzero(changes & (best != 0)).tolist()
    letters = [alphabet.characters[best[column]] for column in columns]
    confidences: list[float | None] = [float(kept[column].max()) for column in columns]
    for column in reversed(_slashed_columns(slashed, columns, letters)):
        at = int(np.searchsorted(columns, column))
        columns[at:at], letters[at:at], confidences[at:at] = [column], ["Ø"], [None]
    told = [confidence for confidence in confidences if confidence is not None]
    mean = float(np.mean(told)) if told else 0.0
    one, capital_i, capital_o, *crosses = kept[columns][:, alphabet.confusable].T.tolist()
    letters = _capitals(_without_crosses(letters, *crosses), capital_i, capital_o)
    text = _lone_ampersands(_ones_among_digits(letters, one))
    return Reading(
        text=text,
        confidence=mean,
        columns=tuple(c for c, letter in zip(columns, letters, strict=True) if letter != " "),
        confidences=tuple(
            mean if confidence is None else confidence
            for confidence, letter in zip(confidences, letters, strict=True)
            if letter != " "
        ),
        length=max(1.0, length),
    )


def _slashed_columns(
    slashed: NDArray[np.float32], columns: Sequence[int], letters: list[str]
) -> list[int]:
    """Returns where a slashed O stands that the blank outvotes, and turns others of its family
    into it; both where a digit follows."""
    for at, letter in enumerate(letters[:-1]):
        if letter in "øØ" and letters[at + 1].isdigit():
            letters[at] = "Ø"
    likely = np.flatnonzero(slashed >= MIN_SLASHED)
    runs = np.split(likely, np.flatnonzero(np.diff(likely) > 1) + 1) if len(likely) else []
    found = []
    for run in runs:
        column = int(run[slashed[run].argmax()])
        following = next((at for at, other in enumerate(columns) if other >= run[0]), None)
        if following is None or not letters[following].isdigit() or columns[following] <= run[-1]:
            continue
        found.append(column)
    return found


def _without_crosses(
    letters: Sequence[str], small_x: Sequence[float], capital_x: Sequence[float]
) -> list[str]:
    """Returns the letters, the likelier of x and X for each multiplication sign between letters and
    digits: the text layers of twenty drawings have 125 of these there, and no such sign."""
    told = list(letters)
    for at in range(1, len(told) - 1):
        if told[at] == TIMES and told[at - 1].isalnum() and told[at + 1].isalnum():
            told[at] = "X" if capital_x[at] > small_x[at] else "x"
    return told


def _capitals(
    letters: Sequence[str], capital_i: Sequence[float], capital_o: Sequence[float]
) -> list[str]:
    """Returns the letters, O for each 0 and then I for each 1 before an O where they are likely.

    A 0 is judged between letters, and after a letter or digit before a digit: at the end of a word
    and before a unit such as uF the probability of an O tells nothing. On eight drawings 36 of 37 O
    read as 0 there are mended, and one of 212 zeros is spoilt.
    """
    told = list(letters)
    for at in range(1, len(told) - 1):
        before, after = told[at - 1], told[at + 1]
        is_judged = (before.isalnum() and after.isdigit()) or (before.isalpha() and after.isalpha())
        if told[at] == "0" and is_judged and capital_o[at] >= MIN_O:
            told[at] = "O"
    for at in range(len(told) - 1):
        if told[at : at + 2] == ["1", "O"] and capital_i[at] >= MIN_I:
            told[at] = "I"
    return told


def _ones_among_digits(letters: Sequence[str], ones: Sequence[float]) -> str:
    """Returns the text, an I as 1 in words that are mostly digits where a 1 is likely enough."""
    text = list(letters)
    for word in re.finditer(r"\S+", "".join(letters)):
        digits = sum(character.isdigit() for character in word[0])
        for at in range(word.start(), word.end()):
            others = sum(character.isalpha() for character in word[0]) - 1
            beside = text[max(word.start(), at - 1) : at] + text[at + 1 : min(word.end(), at + 2)]
            is_among_digits = digits > others and not any(map(str.isalpha, beside))
            if text[at] in "Il" and ones[at] >= MIN_ONE and is_among_digits:
                text[at] = "1"
    return "".join(text)


def _lone_ampersands(text: str) -> str:
    """Returns the text with & for a $ before no digit: the recogniser hardly knows the &."""
    return LONE_DOLLAR.sub("&", text)
