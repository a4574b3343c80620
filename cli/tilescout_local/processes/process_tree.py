"""Processes and what descends from them, from /proc; on other systems nothing is found."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def descendants(pid: int) -> list[int]:
    """Live descendants of ``pid``, from /proc; empty where there is no /proc."""
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
    """Resident set of one process in bytes; 0 when it is gone or there is no /proc."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def resident_tree_bytes(pid: int) -> int:
    """Resident set of a process and all its descendants in bytes."""
    return resident_bytes(pid) + sum(map(resident_bytes, descendants(pid)))
