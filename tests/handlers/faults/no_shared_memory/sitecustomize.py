"""Every interpreter that finds this on its path, and its children, is without shared memory:
what Lambda answers where queues, locks and pools of processes want it.
"""

from __future__ import annotations

import _multiprocessing
import _posixshmem
import errno
import os
import sys
from typing import Any, NoReturn


def _not_implemented(*_: Any, **__: Any) -> NoReturn:
    raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))


class _NoSemaphore:
    SEM_VALUE_MAX = 1

    def __init__(self, *_: Any) -> None:
        _not_implemented()


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and str(arguments[0]).startswith("/dev/shm"):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), arguments[0])


_multiprocessing.SemLock = _NoSemaphore  # type: ignore[misc,assignment]
_posixshmem.shm_open = _not_implemented
sys.addaudithook(_refuse)
