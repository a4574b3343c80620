"""Writes docs/statuses.md: the statuses of a document and every arrow between them.

Run ``python -m benchmarks.status_page``. The page is made from ``tilescout.transitions`` alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from tilescout.documents import ENDED
from tilescout.transitions.arrows import ARROWS, Arrow

PAGE = Path(__file__).resolve().parents[1] / "docs" / "statuses.md"
HEAD = """# Statuses of a document

A document is one version of an object in the documents bucket. Its status changes only along the
arrows below: each is a function of `lambdas/tilescout/transitions/decisions.py` that decides what
is written and under which condition, and `document_table.commit_status` writes it if the condition
holds at that moment. What each status means to a user is in
[deploy.md](deploy.md#what-the-statuses-mean). This page is written by
`python -m benchmarks.status_page`.

"""


ADDING = """
## To add a status

1. `lambdas/tilescout/documents.py`: its name in `Status`, and in the set below it if the
   document has ended then.
2. `lambdas/tilescout/transitions/arrows.py`: an arrow to it and one from it in `ARROWS`.
3. `lambdas/tilescout/transitions/decisions.py`: the function that decides.
4. The place that calls the function and `document_table.commit_status`: a handler, or a step of the
   run or of the guard.
5. `cli/tilescout_cli/runs/progress.py`, only if a command should wait for it, or no longer wait.

Then run the command above and describe the status in `docs/deploy.md`; tests fail until both are
done.
"""


def page() -> str:
    """Returns the page as Markdown, with the diagram in Mermaid."""
    diagram = "\n".join(("```mermaid", "stateDiagram-v2", *_diagram(), "```"))
    rows = "\n".join(row for arrow in ARROWS for row in _rows(arrow))
    head = "| arrow | from | to | when |\n|---|---|---|---|"
    ended = ", ".join(sorted(ENDED))
    end = f"A document has ended when its status is one of {ended}.\n"
    return f"{HEAD}{diagram}\n\n{head}\n{rows}\n\n{end}{ADDING}"


def _diagram() -> Iterator[str]:
    for arrow in ARROWS:
        for source in _sources(arrow):
            for target in arrow.targets:
                yield f"    {source} --> {target or '[*]'}: {arrow.name}"


def _sources(arrow: Arrow) -> list[str]:
    return sorted(arrow.sources) or ["[*]"]


def _rows(arrow: Arrow) -> Iterator[str]:
    sources = ", ".join(sorted(arrow.sources)) or "a new upload"
    for target, when in arrow.targets.items():
        yield f"| {arrow.name} | {sources} | {target or 'forgotten'} | {when} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=PAGE, help="File to write.")
    parser.parse_args().out.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
