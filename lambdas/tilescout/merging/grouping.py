"""Groups linked things, and never puts two things of one answer into a group."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence


def group_linked(
    links: Iterable[tuple[int, int]], reports: Sequence[Mapping[int, Hashable]]
) -> list[list[int]]:
    """Returns the groups of indices that ``links`` join; each is sorted, groups by first member.

    ``links`` are pairs of indices, the best first. ``reports[i]`` has, by answer, what that answer
    called thing i: a link is refused where its group would hold different things of one answer.
    Kruskal's algorithm with the cannot-link constraints of Wagstaff et al., "Constrained k-means
    clustering with background knowledge", 2001.
    """
    root = list(range(len(reports)))
    seen = [dict(report) for report in reports]
    for one, other in links:
        keep, gone = sorted((_find(root, one), _find(root, other)))
        if keep == gone or _conflict(seen[keep], seen[gone]):
            continue
        root[gone] = keep
        seen[keep] |= seen[gone]
    groups: dict[int, list[int]] = {}
    for index in range(len(reports)):
        groups.setdefault(_find(root, index), []).append(index)
    return list(groups.values())


def _find(root: list[int], index: int) -> int:
    while root[index] != index:
        root[index] = root[root[index]]
        index = root[index]
    return index


def _conflict(one: Mapping[int, Hashable], other: Mapping[int, Hashable]) -> bool:
    return any(one[answer] != other[answer] for answer in one.keys() & other.keys())
