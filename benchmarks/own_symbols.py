"""Goes from an empty folder to detections by an own model with the commands of the documentation.

    python -m benchmarks.own_symbols [--out docs/own_symbols.md] [--iterations 400]

Every command runs as a person types it; wall seconds, and how right what they find is.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template

from benchmarks.symbols.accuracy import Counts, Detected, Page, counts
from benchmarks.symbols.unseen_pages import annotated_page
from tilescout.geometry import Box

ROOT = Path(__file__).parents[1]
NEW_SEED = 950
ITERATIONS = 400
THRESHOLD = 50.0
COMMANDS = """
tilescout dataset build own/pages/annotations.coco.json --profile symbols --out own/set
tilescout dataset check own/set
tilescout local up
tilescout model train own/set --project sample-symbols --version-name own --local --iterations $n
tilescout model evaluate own --project sample-symbols --local
tilescout model promote own --project sample-symbols --local
tilescout detect --local --profile symbols --out own/found own/new.pdf
""".strip()
PAGE = Path(__file__).with_name("own_symbols.md")


@dataclass(frozen=True, slots=True)
class Timed:
    """A command and the wall seconds that it took."""

    command: str
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--iterations", type=int, default=ITERATIONS)
    options = parser.parse_args()
    load = os.getloadavg()[1]
    with tempfile.TemporaryDirectory() as folder:
        timed, found = run(Path(folder), options.iterations)
    text = page(timed, found, load, options.iterations)
    print(text)
    if options.out:
        options.out.write_text(text)


def run(folder: Path, iterations: int) -> tuple[list[Timed], Counts]:
    """Runs all commands in the folder, and ends the embedded AWS in any case."""
    environment = os.environ | {
        "TILESCOUT_HOME": str(folder / "home"),
        "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in ("", "cli", "lambdas")),
    }
    (folder / "own").mkdir()
    new = annotated_page(NEW_SEED, folder / "own")
    new.path.rename(folder / "own" / "new.pdf")
    make = "python -m benchmarks.symbols.pages own/pages --seeds 300-305"
    commands = [make, *Template(COMMANDS).substitute(n=iterations).splitlines()]
    try:
        timed = [_timed(command, folder, environment) for command in commands]
    finally:
        _call("tilescout local down", folder, environment)
    (result,) = (folder / "own" / "found").rglob("detections.json")
    rows = json.loads(result.read_text())["detections"]
    found = tuple(Detected(row["label"], row["confidence"], Box(*row["box_px"])) for row in rows)
    return timed, counts([Page(new.truth, found, new.near_misses)], THRESHOLD)


def _timed(command: str, folder: Path, environment: dict[str, str]) -> Timed:
    started = time.monotonic()
    _call(command, folder, environment)
    print(f"{time.monotonic() - started:6.1f} s  {command}", file=sys.stderr, flush=True)
    return Timed(command, time.monotonic() - started)


def _call(command: str, folder: Path, environment: dict[str, str]) -> None:
    program, *arguments = shlex.split(command)
    module = ["-m", "tilescout_cli"] if program == "tilescout" else []
    subprocess.run(
        [sys.executable, *module, *arguments], cwd=folder, env=environment, check=True,
        stdout=sys.stderr,
    )  # fmt: skip


def page(timed: list[Timed], found: Counts, load: float, iterations: int) -> str:
    """Returns the documentation with the commands that were timed."""
    total = sum(timed_command.seconds for timed_command in timed)
    return Template(PAGE.read_text(encoding="utf-8")).substitute(
        commands=Template(COMMANDS).substitute(n=iterations),
        table="\n".join(_rows(timed)),
        minutes=f"{total / 60:.1f}",
        cores=os.cpu_count(),
        load=f"{load:.1f}",
        objects=found.objects,
        f1=f"{found.f1:.3f}",
        precision=f"{found.precision:.3f}",
        recall=f"{found.recall:.3f}",
    )


def _rows(timed: list[Timed]) -> Iterator[str]:
    yield "| command | s |"
    yield "|---|---|"
    for timed_command in timed:
        yield f"| `{timed_command.command}` | {timed_command.seconds:.0f} |"


if __name__ == "__main__":
    main()
