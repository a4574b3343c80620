"""Tells symbols of the same strokes apart by the words inside of them, as "J" and "S" in a circle.

Only words of up to three letters are compared: tags and values, which hold digits or are longer,
differ from one copy of a symbol to the next.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tilescout.example_search.fitting import Fit
from tilescout.example_search.template import Template
from tilescout.rendering.page_strokes import PageWord

MAX_LETTERS = 3
MIN_SHARING = 2
"""Other finds on the example's page that must share its lettering for it to be the symbol's own."""


class PageLettering:
    """The words of a page, for looking inside a placed template."""

    def __init__(self, words: Sequence[PageWord]) -> None:
        self._texts = [word.text for word in words]
        self._centres = np.array([word.box.centre for word in words]).reshape(-1, 2)

    def inside(self, template: Template, fit: Fit) -> str | None:
        """Returns the words of letters among the template's strokes, in order of the alphabet.

        Returns "" where there is no word at all, and None where no word can be compared.
        """
        ink = fit.place(template.points)
        low, high = ink.min(0), ink.max(0)
        there = np.nonzero(((self._centres >= low) & (self._centres <= high)).all(1))[0]
        words = {self._texts[at] for at in there}
        letters = sorted(word for word in words if word.isalpha() and len(word) <= MAX_LETTERS)
        return " ".join(letters) if letters or not words else None


def incidental(label: str, own: str | None, others: Sequence[str | None]) -> str:
    """Returns why an example's lettering is not compared, or "" where enough others share it.

    Nothing is told where neither the example nor another find has any lettering.
    """
    sharing = sum((other or "") == own for other in others)
    if own is None or sharing >= MIN_SHARING or not (own or any(others)):
        return ""
    what = f"lettering {own!r}" if own else "lack of lettering"
    return (
        f"the {what} of the example of {label!r} was not compared: fewer than {MIN_SHARING} other "
        f"finds on its page share it; give an example whose lettering occurs {MIN_SHARING + 1} "
        "times to tell symbols apart by it"
    )


def difference(own: str | None, found: str | None) -> str:
    """Returns how a find's lettering differs from the example's, or "" where it does not.

    A find may have more words than the example: a neighbour's may stand in its strokes.
    """
    if own is None or (found or "") == own or (own and _words(own) <= _words(found)):
        return ""
    has = f"its lettering is {found!r}" if found else "it has no lettering"
    return f"{has}, the example's is {own!r}" if own else f"{has}, the example has none"


def _words(lettering: str | None) -> set[str]:
    return set((lettering or "").split())
