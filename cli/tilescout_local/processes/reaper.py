"""Ends the process groups of an embedded AWS that is gone, however it ended.

It is a process of its own that reads ``+<group>`` and ``-<group>`` lines from a pipe held by the
server. The pipe closes when the server ends, killed or not; the groups still listed are then
killed. A parent-death signal would reach only direct children, and a frozen worker could not watch
a pipe.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterable

if __name__ == "__main__":
    from process_tree import descendants  # type: ignore[import-not-found]
else:
    from tilescout_local.processes.process_tree import descendants


def groups_left(lines: Iterable[str]) -> set[int]:
    """Returns the groups that were announced and not withdrawn when ``lines`` ends."""
    groups: set[int] = set()
    for line in lines:
        group = int(line[1:])
        if line[0] == "+":
            groups.add(group)
        else:
            groups.discard(group)
    return groups


def main() -> None:
    groups = groups_left(sys.stdin)
    strays = [pid for group in groups for pid in descendants(group)]
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    for pid in strays:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
