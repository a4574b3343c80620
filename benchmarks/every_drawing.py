"""Every PDF of a folder through the local workflow: how it ends, and what memory it took.

    python -m benchmarks.every_drawing --drawings DIR [--profile text] [--pages 1-2] [--out FILE]

``--pages`` caps long files. The memory is the largest that any function took while the document
went through, child processes included, beside that function's Lambda setting.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilescout_local.lambda_log import peak_memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One document."""

    name: str
    status: str
    reason: str
    pages: int
    tiles: int
    detections: int
    seconds: float


def run_all(paths: list[Path], profile: str, pages: str, out: Path) -> list[Row]:
    return [_run(path, profile, pages, out) for path in paths]


def _run(path: Path, profile: str, pages: str, out: Path) -> Row:
    command = [sys.executable, "-m", "tilescout_cli", "detect", "--local", "--json"]
    command += ["--profile", profile, "--out", str(out), "--pages", pages, str(path)]
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - started
    document = _document(done.stdout)
    return Row(
        name=path.name,
        status=document.get("status", f"exit {done.returncode}"),
        reason=document.get("reason", done.stderr.strip()[-200:]),
        pages=document.get("pages", 0),
        tiles=document.get("tiles_planned", 0),
        detections=document.get("detections", 0),
        seconds=seconds,
    )


def _document(printed: str) -> dict[str, Any]:
    try:
        documents: list[dict[str, Any]] = json.loads(printed)["documents"]
    except (json.JSONDecodeError, KeyError):
        return {}
    return documents[0] if documents else {}


def table(rows: list[Row], memory: dict[str, tuple[int, int]]) -> str:
    lines = ["| drawing | status | pages | tiles | detections | wall s | reason |"]
    lines += ["|---|---|---|---|---|---|---|"]
    lines += [
        f"| {row.name} | {row.status} | {row.pages} | {row.tiles} | {row.detections} "
        f"| {row.seconds:.0f} | {row.reason} |"
        for row in rows
    ]
    lines += ["", "| function | most memory MB | its setting MB |", "|---|---|---|"]
    lines += [f"| {name} | {used} | {limit} |" for name, (used, limit) in sorted(memory.items())]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drawings", type=Path, required=True)
    parser.add_argument("--profile", default="text")
    parser.add_argument("--pages", default="1-2")
    parser.add_argument("--home", type=Path, default=Path(".tilescout"))
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = sorted(asked.drawings.glob("*.pdf"))
        rows = run_all(paths, asked.profile, asked.pages, Path(folder))
    text = table(rows, peak_memory(asked.home))
    print(text)
    if asked.out:
        asked.out.write_text(text)


if __name__ == "__main__":
    main()
