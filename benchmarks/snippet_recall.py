"""Compares snippets detected on the sample drawings with their ground truth.

    python -m benchmarks.snippet_recall [--profile tags] [--out docs/snippets.md]

Compared by `tilescout evaluate`'s rule: a tag is right when its normalised text is, exactly, and a
detection's box overlaps it (IoU of at least .3; a tag's true box is its letters', a found one's is
its OCR line's). Each tag is found once; every other detection is wrong.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.local_run import LocalRun, detect, embedded_aws
from tilescout_evaluate import pairing
from tilescout_evaluate.metrics import counts, snippets
from tilescout_evaluate.metrics.counts import Counts
from tilescout_evaluate.truth import files, results
from tilescout_samples import write_samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The counts over one document."""

    document: str
    counts: Counts
    missed: tuple[str, ...]
    wrong: tuple[str, ...]


def compare(run: LocalRun) -> Row:
    """Compares with the truth beside the document."""
    document = results.read(json.dumps(run.result).encode(), run.path.name)
    truth = files.read(run.path.with_suffix(".json"), document.pages)
    pairs = pairing.paired([document], truth.pages, frozenset(document.pages)).pairs
    matches = [snippets.match(page) for page in pairing.snippet_pages(pairs)]
    return Row(
        document=run.path.name,
        counts=counts.total(snippets.in_total(matches).values()),
        missed=tuple(tag.text for match in matches for tag in match.missed),
        wrong=tuple(tag.text for match in matches for tag in match.wrong),
    )


def table(rows: list[Row]) -> str:
    head = "| document | tags | recall | precision | missed | wrong |\n|---|---|---|---|---|---|"
    lines = [
        f"| {row.document} | {row.counts.objects} | {row.counts.recall:.3f} "
        f"| {row.counts.precision:.3f} "
        f"| {', '.join(row.missed[:8])} | {', '.join(row.wrong[:8])} |"
        for row in rows
    ]
    return "\n".join([head, *lines]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", default="tags")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, embedded_aws(Path(folder) / "home"):
        samples = write_samples(Path(folder))
        rows = [compare(detect(path, asked.profile, Path(folder) / "out")) for path in samples]
    text = table(rows)
    print(text)
    if asked.out:
        asked.out.write_text(text)


if __name__ == "__main__":
    main()
