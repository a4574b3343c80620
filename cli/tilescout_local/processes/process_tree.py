"""Finds descendants and memory of processes in /proc; on other systems it finds nothing."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def descendants(pid: int) -> list[int]:
    """Returns the live descendants of ``pid``; the list is empty without /proc."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        children = _children(waiting.pop())
        found += children
        waiting += children
    return found


def _children(pid: int) -> list[int]:
    children: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            children += map(int, (task / "children").read_text().split())
    return children


def resident_bytes(pid: int) -> int:
    """Returns the resident set of one process in bytes, or 0 if it is gone or there is no /proc."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def resident_tree_bytes(pid: int) -> int:
    """Returns the resident set of a process and all its descendants in bytes."""
    return resident_bytes(pid) + sum(map(resident_bytes, descendants(pid)))
