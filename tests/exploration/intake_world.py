"""Intake as one immutable value: the record, its pages, messages, and who is at work on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from tilescout.documents import Document, Source, Status
from tilescout.ledger import PageRow
from tilescout.profiles import Profile
from tilescout.transitions import decisions
from tilescout.transitions.status_change import StatusChange

MAX_RECEIVES = 3
"""Deliveries after which a message is a dead letter; fewer than in the template, so that dead
letters and given up pages meet.
"""
MOST_ATTEMPTS = 3
"""Of tile_page at one page."""
PROFILE = Profile(name="p", detector="textract", dpi=200, tile_size=100, overlap=10)
SOURCE = Source(id="d", bucket="b", key="k", version="1", profile=PROFILE, accepted_at=0)


class Message(NamedTuple):
    """In a queue: an upload (page 0) or a page, and how often it was delivered."""

    page: int
    receives: int = 0


class Worker(NamedTuple):
    """An invocation: ``at`` is what it does next, ``left`` what it still has to do of that."""

    kind: str
    at: str
    message: Message
    left: tuple[int, ...] = ()
    known: bool = False


class Written(NamedTuple):
    """What there is of a page's one tile; ``row`` is its state, empty while there is none."""

    image: bool = False
    row: str = ""
    band: bool = False


class World(NamedTuple):
    status: Status | str = ""
    reason: str = ""
    pages: tuple[PageRow, ...] = ()
    written: tuple[Written, ...] = ()
    seen: frozenset[int] = frozenset()
    queue: tuple[Message, ...] = ()
    dead: tuple[Message, ...] = ()
    workers: tuple[Worker, ...] = ()
    faults: tuple[str, ...] = ()
    wrong: str = ""


def is_marked(row: PageRow) -> bool:
    """As the ledger's row has it."""
    return row.is_marked


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Decisions of the project, then the order in which its handlers apply them."""

    finish_tiling: Callable[..., StatusChange] = decisions.finish_tiling
    is_marked: Callable[[PageRow], bool] = is_marked
    record_first: bool = True
    adds_if_absent: bool = True
    sends_again: bool = True
    marks_last: bool = True
    writes_new_only: bool = True
    reads_after_mark: bool = True
    flips_if_marked: bool = True
    flips_if_accepted: bool = True
    counts_attempts: bool = True
    collects: bool = True
    sweeps: bool = True


@dataclass(frozen=True, kw_only=True)
class Size:
    """``bombs`` are pages whose tiling always dies; a ``bad_upload`` kills who accepts it."""

    pages: int = 2
    bombs: tuple[int, ...] = ()
    bad_upload: bool = False
    resends: int = 1


def first_world(size: Size, faults: tuple[str, ...]) -> World:
    return World(
        pages=tuple(PageRow(page=n) for n in range(1, size.pages + 1)),
        written=(Written(),) * size.pages,
        queue=() if "lost event" in faults else (Message(0),),
        faults=tuple(fault for fault in faults if fault != "lost event"),
    )


def document(world: World) -> Document:
    """The record as it is when the upload is accepted."""
    return decisions.accept(SOURCE, {"last_page": len(world.pages)})


def spend(world: World, fault: str) -> World:
    left = list(world.faults)
    left.remove(fault)
    return world._replace(faults=tuple(left))


def with_worker(world: World, old: Worker | None, new: Worker | None) -> World:
    workers = list(world.workers)
    if old is not None:
        workers.remove(old)
    if new is not None:
        workers.append(new)
    return world._replace(workers=tuple(sorted(workers)))


def with_page(world: World, page: int, **changes: object) -> World:
    pages = list(world.pages)
    pages[page - 1] = replace(pages[page - 1], **changes)  # type: ignore[arg-type]
    return world._replace(pages=tuple(pages))


def with_written(world: World, page: int, **changes: Any) -> World:
    written = list(world.written)
    written[page - 1] = written[page - 1]._replace(**changes)
    return world._replace(written=tuple(written))


def with_message(world: World, message: Message) -> World:
    """A message more, unless one of its kind waits already: two wait no differently from one."""
    if any(waiting.page == message.page for waiting in world.queue):
        return world
    return world._replace(queue=tuple(sorted((*world.queue, message))))
