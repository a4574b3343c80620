"""Measures the start of the command line: CPU seconds and imported modules of help texts.

    python -m benchmarks.startup [--repeats 7]

Each command line runs in a process of its own; the least CPU time of the repeats is shown, beside
its ratio to that of `python -c "import typer, rich.console"`, measured in the same run.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

REFERENCE = "import typer, rich.console"
COUNT = "import atexit, sys; atexit.register(lambda: print(len(sys.modules), file=sys.stderr)); "
RUN = "sys.argv[1:] = {arguments!r}; from tilescout_cli.app import main; main()"
COMMANDS = (
    "--version", "--help", "version", "detect --help", "plan --help", "results --help",
    "tune --help", "model --help", "model train --help", "dataset build --help", "destroy --help",
)  # fmt: skip


def cpu_seconds(code: str, repeats: int) -> float:
    """The least CPU time, user and system, of a Python process that runs ``code``."""
    return min(_cpu_seconds_once(code) for _ in range(repeats))


def _cpu_seconds_once(code: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def modules(code: str) -> int:
    """The number of modules that are imported when a process that ran ``code`` ends."""
    done = subprocess.run(
        [sys.executable, "-c", COUNT + code], capture_output=True, text=True, check=False
    )
    return int(done.stderr.split()[-1])


def rows(repeats: int) -> Iterator[tuple[str, float, int]]:
    """A label, CPU seconds and the number of modules, the reference first."""
    yield REFERENCE, cpu_seconds(REFERENCE, repeats), modules(REFERENCE)
    for command in COMMANDS:
        code = "import sys; " + RUN.format(arguments=command.split())
        yield f"tilescout {command}", cpu_seconds(code, repeats), modules(code)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup")
    parser.add_argument("--repeats", type=int, default=7)
    measured = list(rows(parser.parse_args().repeats))
    reference = measured[0][1]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("command line", "CPU s", "ratio", "modules"):
        table.add_column(name, justify="left" if name == "command line" else "right")
    for label, seconds, count in measured:
        table.add_row(label, f"{seconds:.3f}", f"{seconds / reference:.1f}", str(count))
    Console().print(table)


if __name__ == "__main__":
    main()
