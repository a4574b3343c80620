"""The data plane as one immutable value: tile rows, hints, workers, the run's loop, one document.

As in the control plane it is always ``NOW``; here a tick is the life of a worker.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

from tilescout.documents import Status
from tilescout.ledger import BandRow, TileRow
from tilescout.runs.lease_rules import GRACE, Lease

TICK = 60
"""Seconds that pass at once: the timeout of detect_tile."""
NOW = 1_000_000
FAR = NOW + 1_000 * TICK


class Paper(NamedTuple):
    """What changes of the one document. ``under``: the claim that its result is of."""

    status: Status = "QUEUED"
    claim_token: int = 0
    runs_without_progress: int = 0
    tiles_answered: int = 0
    under: int = 0

    @property
    def is_due(self) -> bool:
        return self.status in ("QUEUED", "RUNNING")


class Worker(NamedTuple):
    """One invocation of detect_tile with the hint that it took."""

    token: int
    tile: int
    at: str
    id: str
    age: int = 0


class Merger(NamedTuple):
    """One invocation of merge_page for a claim."""

    token: int
    at: str


class Loop(NamedTuple):
    """The run's loop. ``seen`` is what it saw of each tile; ``has_answers`` as it was before."""

    token: int = 0
    step: str = ""
    has_answers: bool = False
    seen: tuple[str, ...] = ()
    turns: int = 0
    rested: bool = False
    finished: str = ""


class World(NamedTuple):
    """``calls``, ``kills`` and ``crashes`` are by tile: calls of the detector, workers that died
    between call and commit, and tokens of runs in which a worker died that held the tile.
    ``answered``: tokens of runs that have an answer. ``idle`` ticks without detecting.
    """

    rows: tuple[TileRow, ...]
    band: BandRow
    document: Paper = Paper()
    lease: Lease = Lease(model="m")
    loop: Loop = Loop()
    hints: tuple[tuple[int, int], ...] = ()
    workers: tuple[Worker, ...] = ()
    mergers: tuple[Merger, ...] = ()
    calls: tuple[int, ...] = ()
    kills: tuple[int, ...] = ()
    crashes: tuple[frozenset[int], ...] = ()
    answered: frozenset[int] = frozenset()
    idle: int = 0
    faults: tuple[str, ...] = ()
    wrong: str = ""


@dataclass(frozen=True, kw_only=True)
class Size:
    """``poison`` tiles are refused whenever they are asked for."""

    tiles: int = 2
    poison: tuple[int, ...] = ()
    runs: int = 6
    turns: int = 2


def first_world(size: Size, faults: tuple[str, ...]) -> World:
    numbers = range(size.tiles)
    rows = tuple(TileRow(page=1, tile=n, box=(0, 0, 9, 9), image=f"t{n}") for n in numbers)
    return World(
        rows=rows,
        band=BandRow(page=1, band=0, planned=size.tiles),
        calls=(0,) * size.tiles,
        kills=(0,) * size.tiles,
        crashes=(frozenset(),) * size.tiles,
        faults=faults,
    )


def spend(world: World, fault: str) -> World:
    left = list(world.faults)
    left.remove(fault)
    return world._replace(faults=tuple(left))


def with_row(world: World, row: TileRow) -> World:
    rows = list(world.rows)
    rows[row.tile] = row
    return world._replace(rows=tuple(rows))


def counted(counts: tuple[int, ...], tile: int) -> tuple[int, ...]:
    return tuple(count + (n == tile) for n, count in enumerate(counts))


def in_band(world: World, tile: int, state: str) -> World:
    """A tile's end is counted by presence in a set."""
    ended = getattr(world.band, state) | {tile}
    return world._replace(band=replace(world.band, **{state: ended}))


def with_worker(world: World, old: Worker | None, new: Worker | None) -> World:
    workers = [worker for worker in world.workers if worker != old]
    if new is not None:
        workers.append(new)
    return world._replace(workers=tuple(sorted(workers)))


def free_id(world: World) -> str:
    """A reservation's id that nobody uses or remembers."""
    used = {worker.id for worker in world.workers}
    used |= {row.reservation.id for row in world.rows if row.reservation}
    return min({str(number) for number in range(len(used) + 1)} - used)


@cache
def earlier(at: int) -> int:
    """A time after another tick; what is over long ago is over."""
    return at if at == 0 or at >= FAR else max(at - TICK, NOW - GRACE - 2 * TICK)


@cache
def aged_row(row: TileRow) -> TileRow:
    held = row.reservation
    retry_at = earlier(row.retry_at)
    return replace(
        row,
        reservation=held and replace(held, until=max(earlier(held.until), NOW - TICK)),
        retry_at=retry_at if retry_at > NOW else 0,
    )


@cache
def aged_lease(lease: Lease) -> Lease:
    return replace(lease, expires_at=earlier(lease.expires_at))
