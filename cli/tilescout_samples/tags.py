"""Names of equipment and instruments as in plant and building drawings, all different."""

from __future__ import annotations

import random
from collections.abc import Callable

FUNCTIONS = ("FV", "PT", "TE", "LIC", "FIC", "PSV", "TV", "LT", "PI", "XV")
STACKED_FUNCTIONS = ("HS", "PT", "TT", "FIT", "LSH", "PDI", "ZSC")
PREFIXES = {
    "pump": "P",
    "light": "EL",
    "socket-outlet": "SO",
    "fire-alarm": "FA",
    "switch": "SW",
    "room": "RM",
    "vessel": "V",
}


class TagNames:
    """A source of names that remain different if look-alike characters are confused."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._given: set[str] = set()

    def instrument(self) -> str:
        """Returns a name such as FV-1023."""
        return self._new(lambda: f"{self._chance.choice(FUNCTIONS)}-{self._number(4)}")

    def equipment(self, kind: str) -> str:
        """Returns a name such as P-2041A, for a pump."""
        suffix = ("", "", "A", "B")
        return self._new(lambda: f"{PREFIXES[kind]}-{self._number(4)}{self._chance.choice(suffix)}")

    def stacked(self) -> tuple[str, str]:
        """Returns the two lines of a bubble, such as HS and 33381A."""
        name = self._new(
            lambda: (
                f"{self._chance.choice(STACKED_FUNCTIONS)} {self._number(5)}"
                f"{self._chance.choice('ABC')}"
            )
        )
        over, under = name.split()
        return over, under

    def _number(self, digits: int) -> int:
        return self._chance.randrange(10 ** (digits - 1), 10**digits)

    def _new(self, make: Callable[[], str]) -> str:
        while (name := make()) in self._given:
            pass
        self._given.add(name)
        return name
