"""The characters that the text recogniser may answer, and those that it takes for one another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

LATIN = "".join(
    map(chr, [*range(0x21, 0x7F), *range(0xC0, 0xD7), *range(0xD8, 0xF7), *range(0xF8, 0x100)])
) + ("ŒœŠšŽžŸĀāĂăĄąĆćČčĎďĐđĒēĖėĘęĚěĞğĪīĮįİıĹĺŁłŃńŇňŌōŐőŔŕŘřŚśŞşŢţŤťŪūŮůŰűŲųŹźŻż")
SIGNS = "Ø±°∠½¼¾×÷µΩ²³≤≥≠≈□⊥∥△▽√∞§©®™•·–—−→←↑↓€£¥«»¿¡"  # noqa: RUF001
GREEK = "".join(map(chr, range(0x391, 0x3CA)))
HAN = "".join(map(chr, [*range(0x3001, 0x3020), *range(0x4E00, 0xA000)]))
KANA = "".join(map(chr, range(0x3041, 0x3100)))
ALPHABETS = {
    "latin": LATIN + SIGNS,
    "greek": LATIN + SIGNS + GREEK,
    "chinese": LATIN + SIGNS + HAN,
    "japanese": LATIN + SIGNS + HAN + KANA,
}
"""Alphabets by name, as far as the recogniser knows their characters (no accented Greek ones, no
Cyrillic); "any" is every character that it knows."""
SLASHED_O = "Ø∅φøΦϕρ⌀"
"""The recogniser shares the probability of a diameter sign among these."""


CONFUSABLE = "1IOxX"
"""Characters whose probability is looked at where another one is read."""


class Alphabet:
    """The columns of the recogniser's output that count.

    ``columns`` are those columns in order, the blank first; ``characters`` what each stands for.
    ``slashed`` are the columns of the whole slashed-O family.
    """

    def __init__(self, dictionary: Sequence[str], name: str = "latin") -> None:
        """Takes the recogniser's ``dictionary``, with the blank first and the space last.

        Raises KeyError for a name that is not known.
        """
        wanted = set(dictionary) if name == "any" else {*ALPHABETS[name], " "}
        kept = [at for at, character in enumerate(dictionary) if at == 0 or character in wanted]
        self.columns: NDArray[np.int64] = np.array(kept)
        self.characters = ["", *(dictionary[at] for at in kept[1:])]
        places = {character: at for at, character in enumerate(dictionary)}
        self._wide = [
            (number, places[wide])
            for number, character in enumerate(self.characters)
            if character and (wide := _full_width(character)) in places
        ]
        self.slashed = [places[character] for character in SLASHED_O if character in places]
        self.confusable = [self.characters.index(character) for character in CONFUSABLE]
        self.slashed_o = self.characters.index("Ø")

    def chosen(self, output: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns the probabilities (..., columns) of the alphabet, full-width forms added to the
        plain ones."""
        kept: NDArray[np.float32] = output[..., self.columns]
        for plain, wide in self._wide:
            kept[..., plain] += output[..., wide]
        return kept


def _full_width(character: str) -> str:
    return chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else ""
