"""Snippets found on the sample drawings, against their ground truth.

    python -m benchmarks.snippet_recall [--profile tags] [--out docs/snippet_recall.md]

A tag is found when a detection of the same normalised text overlaps it (IoU of at least .3; a
tag's true box is its letters', a found one's is its OCR line's). Every other detection is wrong.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.local_run import LocalRun, detect, embedded_aws
from tilescout.geometry import Box, iou
from tilescout_local.samples import write_samples

SMALLEST_IOU = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Counts over one document."""

    document: str
    tags: int
    found: int
    detections: int
    right: int
    missed: tuple[str, ...]
    wrong: tuple[str, ...]

    @property
    def recall(self) -> float:
        return self.found / self.tags

    @property
    def precision(self) -> float:
        return self.right / self.detections if self.detections else 0.0


def truth(path: Path) -> list[tuple[int, str, Box]]:
    pages = json.loads(path.with_suffix(".json").read_text())["pages"]
    return [
        (page["page"], tag["text"], Box(*tag["box_pt"])) for page in pages for tag in page["tags"]
    ]


def _matches(tag: tuple[int, str, Box], detection: dict[str, Any]) -> bool:
    page, text, box = tag
    return (
        detection["page"] == page
        and detection["normalised_text"] == text
        and iou(box, Box(*detection["box_pt"])) >= SMALLEST_IOU
    )


def compare(run: LocalRun, tags: list[tuple[int, str, Box]]) -> Found:
    detections = run.result["detections"]
    hit = [any(_matches(tag, detection) for detection in detections) for tag in tags]
    right = [any(_matches(tag, detection) for tag in tags) for detection in detections]
    return Found(
        document=run.path.name,
        tags=len(tags),
        found=sum(hit),
        detections=len(detections),
        right=sum(right),
        missed=tuple(tag[1] for tag, was in zip(tags, hit, strict=True) if not was),
        wrong=tuple(d["text"] for d, was in zip(detections, right, strict=True) if not was),
    )


def table(found: list[Found]) -> str:
    head = "| document | tags | recall | precision | missed | wrong |\n|---|---|---|---|---|---|"
    lines = [
        f"| {each.document} | {each.tags} | {each.recall:.3f} | {each.precision:.3f} "
        f"| {', '.join(each.missed[:8])} | {', '.join(each.wrong[:8])} |"
        for each in found
    ]
    return "\n".join([head, *lines]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", default="tags")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, embedded_aws(Path(folder) / "home"):
        samples = write_samples(Path(folder))
        found = [
            compare(detect(path, asked.profile, Path(folder) / "out"), truth(path))
            for path in samples
        ]
    text = table(found)
    print(text)
    if asked.out:
        asked.out.write_text(text)


if __name__ == "__main__":
    main()
