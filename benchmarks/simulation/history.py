"""The history of every tile, by which both systems are judged alike."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.simulation.arrivals import Drawing


@dataclass(slots=True)
class TileHistory:
    """One tile's successful calls and written results; its first result ``ended_at`` that time."""

    answers: int = 0
    refusals: int = 0
    results: int = 0
    ended_at: float = 0.0


@dataclass(slots=True)
class History:
    """The histories of all tiles of all drawings, by name and number."""

    drawings: list[Drawing]
    tiles: dict[tuple[str, int], TileHistory] = field(init=False)
    killed: int = 0
    """Workers killed between an answer and its commit: each may cost one more call."""

    def __post_init__(self) -> None:
        self.tiles = {
            (drawing.name, tile): TileHistory()
            for drawing in self.drawings
            for tile in range(drawing.tiles)
        }

    def refusal(self, drawing: Drawing, tile: int) -> str:
        return "InvalidImageFormatException" if tile in drawing.poison else ""

    def result(self, name: str, tile: int, now: float) -> None:
        known = self.tiles[name, tile]
        known.results += 1
        known.ended_at = known.ended_at or now

    def answerable(self, drawing: Drawing) -> list[TileHistory]:
        return [
            self.tiles[drawing.name, t] for t in range(drawing.tiles) if t not in drawing.poison
        ]

    def lost(self) -> int:
        """Returns the number of answerable tiles without a result."""
        return sum(not tile.results for each in self.drawings for tile in self.answerable(each))

    def billed_again(self) -> int:
        """Returns the answers beyond the first of a tile, less one per killed worker."""
        return max(0, sum(max(0, tile.answers - 1) for tile in self.tiles.values()) - self.killed)

    def doubled(self) -> int:
        """Returns the number of tiles with more than one result."""
        return sum(tile.results > 1 for tile in self.tiles.values())

    def minutes_to_result(self) -> list[float]:
        """Returns the minutes of each drawing whose answerable tiles all have a result."""
        return [
            (max(tile.ended_at for tile in tiles) - drawing.at) / 60
            for drawing in self.drawings
            if (tiles := self.answerable(drawing)) and all(tile.results for tile in tiles)
        ]
