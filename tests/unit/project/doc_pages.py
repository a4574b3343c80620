"""The documentation as tests read it: pages, shell commands, tables."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")))
}
DEPLOY = PAGES["docs/deploy.md"]
QUERY = PAGES["docs/query.md"]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def code(page: str) -> list[str]:
    """Lines of shell blocks, continued lines joined, and inline code."""
    blocks = [body for kind, body in FENCE.findall(page) if kind == "sh"]
    lines = [line for body in blocks for line in body.replace("\\\n", " ").splitlines()]
    return [*lines, *re.findall(r"`([^`\n]+)`", FENCE.sub("", page))]


def commands(program: str) -> list[list[str]]:
    """Arguments of every call of ``program`` that a page shows."""
    start = re.compile(rf"(?:^|&& |\()(?:\S*/)?{re.escape(program)} (.*)")
    found = [start.search(line.strip()) for page in PAGES.values() for line in code(page)]
    return [shlex.split(match[1], comments=True) for match in found if match]


def table(page: str, first_heading: str) -> dict[str, list[str]]:
    """Rows of the one table whose first column is headed so, by each name in their first cell.

    Names are in code; a first cell may hold several. Cells are without the first.
    """
    (body,) = re.findall(rf"^\| {first_heading} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", page, re.MULTILINE)
    rows = [line.strip("|").split(" | ") for line in body.splitlines()]
    cells = [[cell.strip() for cell in row] for row in rows]
    return {name: row[1:] for row in cells for name in re.findall(r"`([^`]+)`", row[0])}


def headings(page: str) -> set[str]:
    """Anchors of the page's headings as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
