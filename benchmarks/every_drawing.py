"""Runs every PDF of a folder through the local workflow: how it ends, and the memory that it took.

    python -m benchmarks.every_drawing --drawings DIR [--profile text] [--pages 1-2] [--out FILE]

``--pages`` caps long files. The memory is the largest that any function took while the documents
went through, child processes included, beside that function's Lambda setting.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from pathlib import Path

from benchmarks.local_run import LocalRun, detect, embedded_aws
from tilescout_local.functions.log import peak_memory


def line(run: LocalRun) -> str:
    """Returns one row of the table; a document without a result shows what was printed."""
    document = run.result.get("document", {})
    status = document.get("status", f"exit {run.exit_code}")
    reason = document.get("reason", run.errors.strip()[-200:].replace("\n", " "))
    pages, found = len(document.get("pages", ())), len(run.result.get("detections", ()))
    spent = document.get("cost", {}).get("spent_usd", 0)
    return (
        f"| {run.path.name} | {status} | {pages} | {found} | {spent:.4f} "
        f"| {run.seconds:.0f} | {reason} |"
    )


def memory_table(memory: dict[str, tuple[int, int]]) -> list[str]:
    rows = [
        f"| {short_name(name)} | {used} | {limit} |"
        for name, (used, limit) in sorted(memory.items())
    ]
    return ["", "| function | most memory, MB | its setting, MB |", "|---|---|---|", *rows]


def short_name(function: str) -> str:
    """Returns the name without the stack's prefix and the hashes of the physical name."""
    found = re.search(r"Functions(.+)Function", function)
    return found[1] if found else function


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drawings", type=Path, required=True)
    parser.add_argument("--profile", default="text")
    parser.add_argument("--pages", default="1-2")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    lines = ["| drawing | status | pages | detections | US dollars | wall s | reason |"]
    lines += ["|---|---|---|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as folder, embedded_aws(Path(folder) / "home"):
        for path in sorted(asked.drawings.glob("*.pdf")):
            run = detect(path, asked.profile, Path(folder), asked.pages)
            lines.append(line(run))
            print(lines[-1], flush=True)
        lines += memory_table(peak_memory(Path(folder) / "home"))
    text = "\n".join(lines) + "\n"
    print(text)
    if asked.out:
        asked.out.write_text(text)


if __name__ == "__main__":
    main()
