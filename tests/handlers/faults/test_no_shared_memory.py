"""Lambda has no /dev/shm, on which queues, locks and pools of processes are built."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
WITHOUT = Path(__file__).parent / "no_shared_memory"
WHOLE = (
    "tests/handlers/intake/test_new_versions.py"
    "::test_the_older_one_ends_with_the_reason_and_costs_nothing"
)
OTHER_DEV = """
mount -t tmpfs none "$0"
for name in null zero random urandom; do touch "$0/$name"; mount --bind /dev/$name "$0/$name"; done
mount --move "$0" /dev
test ! -e /dev/shm
exec "$@"
"""


@pytest.fixture
def prefix(tmp_path: Path) -> list[str]:
    """Before a command: a /dev of its own without shm, where the machine lets us have one."""
    wrapped = ["unshare", "--mount", "sh", "-ec", OTHER_DEV, str(tmp_path)]
    try:
        answer = subprocess.run([*wrapped, "true"], capture_output=True, check=False)
    except FileNotFoundError:
        return []
    return wrapped if answer.returncode == 0 else []


def python(prefix: list[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """An interpreter without shared memory, as are its children."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(WITHOUT), *sys.path])}
    command = [*prefix, sys.executable, *arguments]
    return subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "needy",
    [
        "import multiprocessing; multiprocessing.Lock()",
        "from multiprocessing.shared_memory import SharedMemory; SharedMemory('x', True, 9)",
        "from concurrent.futures import ProcessPoolExecutor; ProcessPoolExecutor(1)",
        "open('/dev/shm/x', 'w')",
    ],
)
def test_what_needs_shared_memory_fails(needy: str, prefix: list[str]) -> None:
    answer = python(prefix, "-c", needy)
    assert answer.returncode != 0
    assert "Error: [Errno" in answer.stderr


def test_a_document_goes_its_whole_way_all_the_same(prefix: list[str]) -> None:
    """Inspected, rendered and tiled by children, detected, merged, cleaned up by threads."""
    answer = python(prefix, "-m", "pytest", "-q", "-p", "no:cacheprovider", WHOLE)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "1 passed" in answer.stdout
