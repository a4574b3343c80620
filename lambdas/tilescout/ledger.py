"""Rows of the ledger: pages, bands of tiles, and tiles. Counts are sizes of sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TileState = Literal["pending", "answered", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRow:
    """One page as it was tiled; ``tiled`` marks that all its rows are written.

    ``layout`` is the JSON of the sheet's layout, empty where it was not read. ``image_bytes`` is
    the size of all its tiles' images, ``scan_dpi`` what a scan was scanned at: 0 for a page that is
    none, less for one that was tiled before it was noted.
    """

    page: int
    attempts: int = 0
    tiled: bool = False
    failed_reason: str = ""
    width_px: int = 0
    height_px: int = 0
    width_pt: float = 0.0
    height_pt: float = 0.0
    dpi: int = 0
    rotation: int = 0
    grid: str = ""
    tiles: int = 0
    skipped: int = 0
    bands: tuple[int, ...] = ()
    has_layer: bool = False
    warnings: tuple[str, ...] = ()
    layout: str = ""
    image_bytes: int = 0
    scan_dpi: float = -1.0

    @property
    def is_marked(self) -> bool:
        """True once the page is tiled or given up, and so holds up nothing."""
        return self.tiled or bool(self.failed_reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class BandRow:
    """Up to 256 tiles of one page; ``answered`` and ``failed`` are sets of tile indices.

    ``answered_under`` has the tokens of the runs in which the detector answered some of them, and
    ``answered_at`` is when it last did.
    """

    page: int
    band: int
    planned: int
    answered: frozenset[int] = frozenset()
    failed: frozenset[int] = frozenset()
    answered_under: frozenset[int] = frozenset()
    answered_at: int = 0

    @property
    def ended(self) -> int:
        """The number of tiles that are answered or failed."""
        return len(self.answered | self.failed)

    @property
    def is_complete(self) -> bool:
        """True once every planned tile has ended."""
        return self.ended >= self.planned

    def last_answer(self, token: int) -> int:
        """Returns when the detector last answered, or 0 if never in the run with the token."""
        return self.answered_at if token in self.answered_under else 0

    def counts(self, tile: int) -> bool:
        """True if the tile is counted as ended."""
        return tile in self.answered or tile in self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """The right to call the detector for one tile until ``until`` (epoch seconds)."""

    id: str
    until: int
    token: int
    again: bool = False
    """True for a second call in one run, after the first ran out; it is not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TileRow:
    """One tile that is not blank. ``box`` is left, top, right, bottom in page pixels.

    ``scale`` is the number of page pixels per pixel of its image. ``retry_at`` is when the tile may
    be sent again. ``reuse_key`` stands for all that its answer depends on but the version of the
    model; it is empty where its answer is not shared.
    ``reused``: its answer is one that was given for the same image before. ``crowded``: a first
    call, which is paid, showed that it has to be sent in parts.
    """

    page: int
    tile: int
    box: tuple[float, float, float, float]
    image: str
    state: TileState = "pending"
    attempts: int = 0
    refusals: int = 0
    server_errors: int = 0
    reservation: Reservation | None = None
    answer: str = ""
    calls: int = 0
    retry_at: int = 0
    last_error: str = ""
    scale: float = 1.0
    reuse_key: str = ""
    reused: bool = False
    crowded: bool = False
