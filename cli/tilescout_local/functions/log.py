"""The log lines of an invocation, and the peak memory in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tilescout_local.state import LOGS

_REPORT = re.compile(r"^REPORT .*Memory Size: (\d+) MB\tMax Memory Used: (\d+) MB", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """The facts of one invocation that its log tells."""

    request_id: str
    version: str
    output: str
    response: str
    seconds: float
    memory_limit_mb: int
    memory_used_mb: int


def log_lines(invocation: Invocation) -> str:
    """Returns START, the function's output, END and REPORT, as AWS writes them."""
    milliseconds = invocation.seconds * 1000
    output = invocation.output.strip("\n")
    lines = [
        f"START RequestId: {invocation.request_id} Version: {invocation.version}",
        *([output] if output else []),
        f"END RequestId: {invocation.request_id}",
        f"REPORT RequestId: {invocation.request_id}\tDuration: {milliseconds:.2f} ms\t"
        f"Billed Duration: {int(milliseconds) + 1} ms\t"
        f"Memory Size: {invocation.memory_limit_mb} MB\t"
        f"Max Memory Used: {invocation.memory_used_mb} MB",
    ]
    return "\n".join(lines)


def append_log(home: Path, function: str, invocation: Invocation) -> None:
    """Adds the invocation and its response to the function's file in one write."""
    path = log_path(home, function)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = f"{log_lines(invocation)}\nRESPONSE {invocation.response}\n"
    with path.open("a") as log:
        log.write(text)


def log_path(home: Path, function: str) -> Path:
    return home / LOGS / f"{function}.log"


def peak_memory(home: Path) -> dict[str, tuple[int, int]]:
    """Returns (largest Max Memory Used, Memory Size) in MB by function name."""
    return {
        path.stem: (max(int(used) for _, used in reports), int(reports[-1][0]))
        for path in sorted((home / LOGS).glob("*.log"))
        if (reports := _REPORT.findall(path.read_text(errors="replace")))
    }
