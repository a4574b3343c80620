"""OpenTakeoff's symbol sweep as a search by example, to compare with.

It compares the ends of strokes (github.com/Kentucky-ai/opentakeoff, `web/src/lib/symbolsweep.ts`)
and is given the same strokes as our search, at its own two pixels per point. Its first bar, .92,
is the least score of a match; what it withholds for a look begins at .75.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilescout.example_search import Example, Finding, PageFindings, PageStrokes
from tilescout.geometry import Box

PIXELS_PER_POINT = 2.0
RUNNER = Path(__file__).with_suffix(".mjs")
MIN_MATCH = 0.92


@dataclass(frozen=True, slots=True)
class Seed:
    """An example with the strokes of its page."""

    page: PageStrokes
    example: Example


def find(page: PageStrokes, seed: Seed, module: Path) -> PageFindings:
    """Returns the matches of the compiled ``module``, withheld ones among them by their scores."""
    box = seed.example.box.scale(PIXELS_PER_POINT)
    request = {
        "seed": _pixels(seed.page),
        "corners": [[box.left, box.top], [box.right, box.bottom]],
        "segments": _pixels(page),
    }
    command = ["node", str(RUNNER), str(module.resolve())]
    done = subprocess.run(
        command, input=json.dumps(request), capture_output=True, text=True, check=True
    )
    answer = json.loads(done.stdout)
    findings = tuple(_finding(seed, answer["centre"], each) for each in answer.get("matches", ()))
    return PageFindings(
        findings=findings, notes=(answer["refused"],) if "refused" in answer else ()
    )


def _pixels(page: PageStrokes) -> list[float]:
    pixels: list[float] = (page.segments * PIXELS_PER_POINT).round(3).ravel().tolist()
    return pixels


def _finding(seed: Seed, centre: list[float], match: dict[str, Any]) -> Finding:
    """Returns a match with the example's box, moved, turned and mirrored with the strokes."""
    box = seed.example.box.scale(PIXELS_PER_POINT).shift(-centre[0], -centre[1])
    box = Box(-box.right, box.top, -box.left, box.bottom) if match["mirrored"] else box
    for _ in range(match["rotation"] // 90):
        box = Box(-box.bottom, box.left, -box.top, box.right)
    return Finding(
        label=seed.example.label,
        box=box.shift(*match["at"]).scale(1 / PIXELS_PER_POINT),
        score=match["score"],
        turn=match["rotation"],
        mirrored=match["mirrored"],
        scale=1.0,
    )
