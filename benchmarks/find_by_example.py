"""How well symbols are found by example: per kind, at one fixed score for all.

    python -m benchmarks.find_by_example --data DIR --truth FILE [--examples 5] [--boxes 2]
        [--rejects 1] [--scans | --correlation] [--kind NAME] [--finds FILE]

``FILE`` is JSON: ``{"pages": {"file.pdf#1": {"kind": [[left, top, right, bottom, ...], ...]}}}``
in points of the page as it is shown, complete for each kind on its pages. Every example's box is
off by -3 to +9 % of its longer side per side; the example itself does not count. A find is right
where its IoU with a symbol that no better find has is at least .5. With ``--scans`` the pages are
rendered at 200 dpi, turned by 0.3 degrees, blurred and made noisy, and searched by their pixels.
``--correlation`` searches these by plain normalised cross-correlation instead; its score is no
chance, so compare "F1 at best", that at the score which suits a draw best, known in hindsight.
``--rejects`` rejects so many of the best-scored wrong finds, one after the other. ``--finds``
writes the score of every find and whether it is right, by kind and draw.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import plain_correlation
from benchmarks.scanned_pages import on_scan, scanned
from tilescout.example_search import (
    Example,
    Finding,
    PageFindings,
    best_of,
    find_pixels,
    find_symbols,
    learn_pixels,
    learn_symbol,
    with_common_lettering,
    with_pixel_reject,
    with_reject,
)
from tilescout.geometry import Box, iou
from tilescout.rendering.render import read_strokes

LEAST = 0.5
Truth = dict[int, list[Box]]


@dataclass(slots=True)
class Kind:
    """A kind of symbol of one file: its boxes per page."""

    file: str
    name: str
    boxes: Truth = field(default_factory=dict)

    @property
    def places(self) -> list[tuple[int, int]]:
        return [(page, at) for page, boxes in self.boxes.items() for at in range(len(boxes))]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Right and wrong finds with their scores, and how many symbols there were."""

    judged: list[tuple[float, bool]]
    symbols: int
    wrong: list[tuple[float, int, Box]]

    def rates(self, least: float) -> tuple[float, float, float]:
        """Returns precision, recall and F1 of the finds from the score on."""
        right = sum(is_right for score, is_right in self.judged if score >= least)
        given = sum(score >= least for score, _ in self.judged)
        return (
            right / max(1, given),
            right / max(1, self.symbols),
            2 * right / max(1, given + self.symbols),
        )

    def best_f1(self) -> float:
        """Returns F1 at the score from which on it is best, which nobody knows beforehand."""
        return max((self.rates(score)[2] for score, _ in self.judged), default=0.0)


def kinds_of(truth: Path) -> list[Kind]:
    """Returns the kinds of a truth file."""
    kinds: dict[tuple[str, str], Kind] = {}
    for place, of_page in json.loads(truth.read_text())["pages"].items():
        file, _, page = place.rpartition("#")
        for name, rows in of_page.items():
            kind = kinds.setdefault((file, name), Kind(file, name))
            kind.boxes[int(page)] = [Box(*row[:4]) for row in rows]
    return list(kinds.values())


def drawn_by_hand(box: Box, chance: random.Random) -> Box:
    """Returns the box as a person would draw it."""
    side = max(box.width, box.height)
    left, top, right, bottom = (chance.uniform(-0.03, 0.09) * side for _ in range(4))
    return Box(box.left - left, box.top - top, box.right + right, box.bottom + bottom)


def judge(
    kind: Kind, finds: dict[int, list[Finding]], examples: Sequence[tuple[int, int]]
) -> Outcome:
    """Returns which finds are right; the examples and what lies over them do not count."""
    judged, wrong = [], []
    for page, boxes in kind.boxes.items():
        own = {at for example_page, at in examples if example_page == page}
        free = set(range(len(boxes)))
        for find in finds[page]:
            best = max(free, key=lambda at: iou(find.box, boxes[at]), default=None)
            if best is not None and iou(find.box, boxes[best]) >= 0.5:
                free.discard(best)
                if best not in own:
                    judged.append((find.score, True))
            elif not any(iou(find.box, boxes[at]) > 0.3 for at in own):
                judged.append((find.score, False))
                wrong.append((find.score, page, find.box))
    return Outcome(judged, len(kind.places) - len(examples), wrong)


@dataclass(frozen=True, slots=True)
class Method:
    """A way to search: by strokes or by pixels."""

    read: Callable[[Path, int], Any]
    learn: Callable[[Any, Example], Any]
    find: Callable[[Any, Any], PageFindings]
    reject: Callable[[Any, Any, Box], Any]
    agree: Callable[[Sequence[Any]], list[Any]]
    place: Callable[[Box, Any], Box]


STROKES = Method(
    read_strokes, learn_symbol, find_symbols, with_reject, with_common_lettering, lambda box, _: box
)
PIXELS = Method(scanned, learn_pixels, find_pixels, with_pixel_reject, list, on_scan)
CORRELATION = Method(
    scanned, plain_correlation.learn, plain_correlation.find, lambda _, symbol, __: symbol, list,
    on_scan,
)  # fmt: skip


def method_of(options: argparse.Namespace) -> Method:
    """Returns the method that the options name."""
    if options.correlation:
        return CORRELATION
    return PIXELS if options.scans else STROKES


def searched(
    kind: Kind, pages: dict[int, Any], symbols: Sequence[Any], method: Method
) -> dict[int, list[Finding]]:
    """Returns the finds of every page of the kind."""
    finds = {
        page: best_of(
            [find for symbol in symbols for find in method.find(pages[page], symbol).findings]
        )
        for page in kind.boxes
    }
    return {
        page: [find for find in of_page if not find.withheld] for page, of_page in finds.items()
    }


def tried(
    kind: Kind, pages: dict[int, Any], chance: random.Random, options: argparse.Namespace
) -> tuple[Outcome, float, float]:
    """Returns the outcome of one draw of examples, and CPU seconds of learning and of a page."""
    method = method_of(options)
    places = chance.sample(kind.places, options.boxes)
    began = time.process_time()
    symbols = [
        method.learn(pages[page], Example(drawn_by_hand(kind.boxes[page][at], chance), kind.name))
        for page, at in places
    ]
    symbols = method.agree(symbols)
    learning = time.process_time() - began
    began = time.process_time()
    outcome = judge(kind, searched(kind, pages, symbols, method), places)
    per_page = (time.process_time() - began) / len(kind.boxes)
    for _ in range(options.rejects):
        wrong = [each for each in outcome.wrong if each[0] >= LEAST - 0.2]
        if not wrong:
            break
        _, page, box = max(wrong)
        symbols = [method.reject(pages[page], symbol, box) for symbol in symbols]
        outcome = judge(kind, searched(kind, pages, symbols, method), places)
    return outcome, learning, per_page


def read_pages(kind: Kind, options: argparse.Namespace) -> dict[int, Any]:
    """Returns the pages of a kind, and moves its boxes to where they lie on them."""
    method = method_of(options)
    pages = {page: method.read(options.data / kind.file, page) for page in kind.boxes}
    for page, boxes in kind.boxes.items():
        kind.boxes[page] = [method.place(box, pages[page]) for box in boxes]
    return pages


def reliability(outcomes: dict[str, list[Outcome]]) -> list[str]:
    """Returns rows of score, finds, and the share of them that are right, kinds weighted alike."""
    rows = []
    for low in np.arange(0.1, 1.0, 0.1):
        shares, number = [], 0
        for of_kind in outcomes.values():
            inside = [
                right for one in of_kind for score, right in one.judged if low <= score < low + 0.1
            ]
            number += len(inside)
            shares += [np.mean(inside)] if inside else []
        if shares:
            rows.append(f"| {low:.1f} to {low + 0.1:.1f} | {number} | {np.mean(shares):.2f} |")
    return rows


def main() -> None:
    """Prints a table of the kinds and one of how true the scores are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--examples", type=int, default=5)
    parser.add_argument("--boxes", type=int, default=1)
    parser.add_argument("--rejects", type=int, default=0)
    parser.add_argument("--kind", default="")
    parser.add_argument("--scans", action="store_true")
    parser.add_argument("--correlation", action="store_true")
    parser.add_argument("--finds", type=Path)
    options = parser.parse_args()
    print("| kind (symbols) | P | R | F1 | F1 at best | CPU s first page | CPU s later |")
    print("|---|---|---|---|---|---|---|")
    outcomes: dict[str, list[Outcome]] = defaultdict(list)
    for kind in kinds_of(options.truth):
        name = f"{Path(kind.file).stem} {kind.name}"
        if options.kind not in name:
            continue
        pages = read_pages(kind, options)
        chance = random.Random(kind.file + kind.name)
        draws = [tried(kind, pages, chance, options) for _ in range(options.examples)]
        outcomes[name] = [outcome for outcome, _, _ in draws]
        p, r, f1 = np.mean([outcome.rates(LEAST) for outcome, _, _ in draws], 0)
        best = np.mean([outcome.best_f1() for outcome, _, _ in draws])
        first, later = np.mean([(one, two) for _, one, two in draws], 0)
        print(
            f"| {name} ({len(kind.places)}) | {p:.2f} | {r:.2f} | {f1:.3f} | {best:.3f} "
            f"| {first + later:.1f} | {later:.1f} |",
            flush=True,
        )
    every = [np.mean([one.rates(LEAST)[2] for one in of_kind]) for of_kind in outcomes.values()]
    bests = [np.mean([one.best_f1() for one in of_kind]) for of_kind in outcomes.values()]
    print(
        f"| **mean of {len(every)} kinds** | | | **{np.mean(every):.3f}** | "
        f"{np.mean(bests):.3f} | | |\n"
    )
    print("| score | finds | right |\n|---|---|---|")
    print("\n".join(reliability(outcomes)))
    if options.finds:
        judged = {name: [one.judged for one in of_kind] for name, of_kind in outcomes.items()}
        options.finds.write_text(json.dumps(judged))


if __name__ == "__main__":
    main()
