"""Results: merges of two claims at one document, its flip, what a reader sees, and cleaning up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tests.exploration.search import Step
from tilescout import keys

PAGES = (1, 2)
NOTHING: frozenset[tuple[str, int, int]] = frozenset()


class Merge(NamedTuple):
    """One invocation of merge_page for a page under a claim."""

    token: int
    page: int
    at: str = "read"


class World(NamedTuple):
    """``rows`` and ``files`` are (result set, page, claim that wrote it); page 0 is the whole
    document's file. ``answers``: the tiles' answers are still there to be merged.
    """

    status: str = "RUNNING"
    token: int = 1
    result: str = ""
    rows: frozenset[tuple[str, int, int]] = NOTHING
    files: frozenset[tuple[str, int, int]] = NOTHING
    merged: frozenset[tuple[str, int]] = frozenset()
    answers: bool = True
    merges: tuple[Merge, ...] = ()
    faults: tuple[str, ...] = ()
    wrong: str = ""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The order in which the handlers apply; a field that differs is a rule taken away."""

    order: tuple[str, ...] = ("rows", "page file", "count", "look", "file", "flip", "clean")
    a_set_a_claim: bool = True
    flips_only_its_claim: bool = True
    cleans_all_but_the_visible: bool = True


def result_set(rules: Rules, token: int) -> str:
    return keys.result_id("d", token if rules.a_set_a_claim else 0)


def steps(world: World, rules: Rules) -> Iterator[Step[World]]:
    yield from _hints(world)
    if "new claim" in world.faults and world.status == "RUNNING":
        claimed = _spend(world, "new claim")._replace(token=world.token + 1)
        yield Step("another run claims the document", claimed, True)
    for merge in world.merges:
        who = f"merge of page {merge.page}, claim {merge.token},"
        left = world._replace(merges=tuple(m for m in world.merges if m != merge))
        name, after = _act(world, rules, merge, left)
        yield Step(f"{who} {name}", after)
        if "crash" in world.faults:
            yield Step(f"{who} crashes", _spend(left, "crash"), True)


def _spend(world: World, fault: str) -> World:
    left = list(world.faults)
    left.remove(fault)
    return world._replace(faults=tuple(left))


def _hints(world: World) -> Iterator[Step[World]]:
    """The run hints at every page until the document has ended, the last one again to flip it."""
    for page in PAGES:
        merge = Merge(world.token, page)
        idle = not any(m[:2] == merge[:2] for m in world.merges)
        if world.status == "RUNNING" and idle and len(world.merges) < 3:
            merges = tuple(sorted((*world.merges, merge)))
            yield Step(f"merge of page {page} begins", world._replace(merges=merges))
    if world.status == "DONE" and world.answers and not world.merges:
        again = Merge(world.token, 0, "clean")
        yield Step("cleaning begins again", world._replace(merges=(again,)))


def _act(world: World, rules: Rules, merge: Merge, left: World) -> tuple[str, World]:
    mine = result_set(rules, merge.token)
    if merge.at == "read":
        if world.token != merge.token or world.status != "RUNNING":
            return "is dropped", left
        known = (mine, merge.page) in world.merged
        return "reads", _at(left, merge, "look" if known else rules.order[0])
    return _write(world, rules, merge, left)


def _at(left: World, merge: Merge, at: str) -> World:
    merges = tuple(sorted((*left.merges, merge._replace(at=at))))
    return left._replace(merges=merges)


def _next(left: World, rules: Rules, merge: Merge) -> World:
    place = rules.order.index(merge.at) + 1
    return _at(left, merge, rules.order[place]) if place < len(rules.order) else left


def _write(world: World, rules: Rules, merge: Merge, left: World) -> tuple[str, World]:
    mine = result_set(rules, merge.token)
    one = (mine, merge.page, merge.token)
    if merge.at == "rows":
        if not world.answers:
            return "finds the answers gone", left
        left = left._replace(rows=_put(world.rows, one))
    elif merge.at == "page file":
        left = left._replace(files=_put(world.files, one))
    elif merge.at == "count":
        left = left._replace(merged=world.merged | {(mine, merge.page)})
    elif merge.at == "look":
        if not all((mine, page) in world.merged for page in PAGES):
            return "sees pages missing", left
    elif merge.at == "file":
        left = left._replace(files=_put(world.files, (mine, 0, merge.token)))
    elif merge.at == "flip":
        return _flip(world, rules, merge, left)
    else:
        return "cleans up", _next(_cleaned(world, rules, merge, left), rules, merge)
    return f"writes its {merge.at}", _next(left, rules, merge)


def _put(
    there: frozenset[tuple[str, int, int]], one: tuple[str, int, int]
) -> frozenset[tuple[str, int, int]]:
    """Written over what another claim wrote at the same place."""
    return frozenset(other for other in there if other[:2] != one[:2]) | {one}


def _flip(world: World, rules: Rules, merge: Merge, left: World) -> tuple[str, World]:
    mine = world.token == merge.token or not rules.flips_only_its_claim
    if world.status != "RUNNING" or not mine:
        return "finds the document ended or claimed anew", left
    done = left._replace(status="DONE", result=result_set(rules, merge.token))
    if world.token != merge.token:
        done = done._replace(wrong="a document ended under a claim that is no longer its own")
    return "makes it DONE", _next(done, rules, merge)


def _cleaned(world: World, rules: Rules, merge: Merge, left: World) -> World:
    """Sets that are not visible go, and the answers."""
    kept = world.result if rules.cleans_all_but_the_visible else result_set(rules, merge.token)
    return left._replace(
        rows=frozenset(row for row in world.rows if row[0] == kept),
        files=frozenset(file for file in world.files if file[0] == kept),
        answers=False,
    )


def broken(world: World) -> str:
    """What a reader would see that he must not; "" where all is well."""
    if world.wrong or not world.result:
        return world.wrong
    for page in PAGES:
        rows = {claim for name, at, claim in world.rows if (name, at) == (world.result, page)}
        if not rows:
            return f"the visible result has no rows of page {page}"
    if not any(file[:2] == (world.result, 0) for file in world.files):
        return "the visible result has no file"
    if len({claim for name, _, claim in world.rows if name == world.result}) > 1:
        return "the visible result mixes two claims"
    return ""


def is_settled(world: World) -> bool:
    left = {row[0] for row in world.rows} - {world.result}
    return world.status == "DONE" and not world.merges and not world.answers and not left
