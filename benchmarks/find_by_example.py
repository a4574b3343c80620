"""How well symbols are found by example: per kind, at one fixed score for all.

    python -m benchmarks.find_by_example --data DIR --truth FILE [--examples 5] [--two]
        [--rejects 2] [--scans] [--correlation | --symbol-sweep MODULE] [--kind NAME] [--finds FILE]

``FILE`` is JSON: ``{"pages": {"file.pdf#1": {"kind": [[left, top, right, bottom, ...], ...]}}}``
in points of the page as it is shown, complete for each kind on its pages. Every example's box is
off by -3 to +9 % of its longer side per side; the example itself does not count. A find is right
where its IoU with a symbol that no better find has is at least .5. With ``--scans`` the pages are
rendered at 200 dpi, turned by 0.3 degrees, blurred and made noisy, and searched by their pixels.
``--correlation`` searches by plain normalised cross-correlation instead, on scans or on clean
renderings; its score is no chance, so compare "F1 at best", that at the score which suits a draw
best, known in hindsight. ``--symbol-sweep`` searches the strokes by OpenTakeoff's: ``MODULE`` is
its `web/src/lib/symbolsweep.ts` after `tsc --module esnext --target es2022`, and Node must be
there. CPU seconds are those of the search, with child processes, without reading the page; MB are
the most that the process of a kind ever held. ``--two`` measures a second box of the same kind,
too, and ``--rejects`` the rejects of so many of the best-scored wrong finds, one after the other;
without them their columns repeat that of one box. ``--finds`` writes the score of every find and
whether it is right, by kind and draw.
"""

from __future__ import annotations

import argparse
import functools
import json
import multiprocessing
import os
import random
import resource
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import plain_correlation, symbol_sweep
from benchmarks.scanned_pages import on_scan, rendered, scanned
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
    least: float = LEAST


def _in_place(box: Box, _: Any) -> Box:
    return box


def _not_rejected(_: Any, symbol: Any, __: Box) -> Any:
    return symbol


STROKES = Method(
    read_strokes, learn_symbol, find_symbols, with_reject, with_common_lettering, _in_place
)
PIXELS = Method(scanned, learn_pixels, find_pixels, with_pixel_reject, list, on_scan)
BY_CORRELATION = plain_correlation.learn, plain_correlation.find, _not_rejected, list


def method_of(options: argparse.Namespace) -> Method:
    """Returns the method that the options name."""
    if options.symbol_sweep:
        find = functools.partial(symbol_sweep.find, module=options.symbol_sweep)
        return Method(
            read_strokes, symbol_sweep.Seed, find, _not_rejected, list, _in_place,
            symbol_sweep.MIN_MATCH,
        )  # fmt: skip
    if options.correlation and options.scans:
        return Method(scanned, *BY_CORRELATION, on_scan)
    if options.correlation:
        return Method(rendered, *BY_CORRELATION, _in_place)
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


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw of an example: outcomes of one box, of two, and of one with rejects; CPU seconds."""

    one: Outcome
    two: Outcome
    rejected: Outcome
    learning: float
    per_page: float


def tried(
    kind: Kind, pages: dict[int, Any], chances: Sequence[random.Random], options: argparse.Namespace
) -> Draw:
    """Returns one draw; the second box is drawn by a chance of its own."""
    method = method_of(options)
    (first,) = chances[0].sample(kind.places, 1)
    began = cpu_seconds()
    symbols = [_learned(kind, pages, first, chances[0], method)]
    learning = cpu_seconds() - began
    began = cpu_seconds()
    finds = searched(kind, pages, symbols, method)
    per_page = (cpu_seconds() - began) / len(kind.boxes)
    one = judge(kind, finds, [first])
    two = _with_second(kind, pages, (first, symbols[0]), chances[1], method) if options.two else one
    rejected = _with_rejects(kind, pages, (first, symbols[0]), (one, options.rejects), method)
    return Draw(one, two, rejected, learning, per_page)


def _learned(
    kind: Kind, pages: dict[int, Any], at: tuple[int, int], chance: random.Random, method: Method
) -> Any:
    page, row = at
    box = drawn_by_hand(kind.boxes[page][row], chance)
    return method.learn(pages[page], Example(box, kind.name))


def _with_second(
    kind: Kind,
    pages: dict[int, Any],
    first: tuple[tuple[int, int], Any],
    chance: random.Random,
    method: Method,
) -> Outcome:
    """Returns the outcome of the first example and a second one together."""
    place, symbol = first
    second = chance.choice([each for each in kind.places if each != place])
    symbols = method.agree([symbol, _learned(kind, pages, second, chance, method)])
    return judge(kind, searched(kind, pages, symbols, method), [place, second])


def _with_rejects(
    kind: Kind,
    pages: dict[int, Any],
    first: tuple[tuple[int, int], Any],
    before: tuple[Outcome, int],
    method: Method,
) -> Outcome:
    """Returns the outcome after so many rejects of the best-scored wrong find, one by one."""
    (place, symbol), (outcome, rejects) = first, before
    for _ in range(rejects):
        wrong = [each for each in outcome.wrong if each[0] >= LEAST - 0.2]
        if not wrong:
            break
        _, page, box = max(wrong)
        symbol = method.reject(pages[page], symbol, box)
        outcome = judge(kind, searched(kind, pages, [symbol], method), [place])
    return outcome


def cpu_seconds() -> float:
    """Returns the CPU seconds of this process and of its ended child processes so far."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


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


@dataclass(frozen=True, slots=True)
class Measured:
    """The draws of a kind, and the most memory that its process held."""

    draws: list[Draw]
    peak_mb: float

    def row(self, least: float) -> list[float]:
        """Returns the means of precision, recall, F1, F1 at best, of two boxes, and of rejects."""
        rows = [
            (
                *draw.one.rates(least),
                draw.one.best_f1(),
                draw.two.rates(least)[2],
                draw.rejected.rates(least)[2],
            )
            for draw in self.draws
        ]
        means: list[float] = np.mean(rows, 0).tolist()
        return means

    def cpu(self) -> tuple[float, float]:
        """Returns mean CPU seconds of the page that the example is on, and of a later page."""
        later = float(np.mean([draw.per_page for draw in self.draws]))
        return later + float(np.mean([draw.learning for draw in self.draws])), later


def measured(kind: Kind, options: argparse.Namespace) -> Measured:
    """Returns what some draws of examples of a kind give; each begins as a person would."""
    pages = read_pages(kind, options)
    chances = [random.Random(kind.file + kind.name + more) for more in ("", " second")]
    draws = [tried(kind, pages, chances, options) for _ in range(options.examples)]
    return Measured(draws, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def every_kind(options: argparse.Namespace) -> Iterator[tuple[str, int, Measured]]:
    """Yields the name, the number of symbols and the figures of each kind, from its own process."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, max_tasks_per_child=1) as pool:
        for kind in kinds_of(options.truth):
            name = f"{Path(kind.file).stem} {kind.name}"
            if options.kind in name:
                yield name, len(kind.places), pool.submit(measured, kind, options).result()


def options_of_call() -> argparse.Namespace:
    """Returns the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--examples", type=int, default=5)
    parser.add_argument("--two", action="store_true")
    parser.add_argument("--rejects", type=int, default=0)
    parser.add_argument("--kind", default="")
    parser.add_argument("--scans", action="store_true")
    parser.add_argument("--correlation", action="store_true")
    parser.add_argument("--symbol-sweep", type=Path)
    parser.add_argument("--finds", type=Path)
    return parser.parse_args()


def main() -> None:
    """Prints a table of the kinds and one of how true the scores are."""
    options = options_of_call()
    least = method_of(options).least
    print(
        "| kind (symbols) | P | R | F1 | at best | two boxes | rejects | CPU s first | later "
        "| MB |\n"
        "|---|---|---|---|---|---|---|---|---|---|"
    )
    kinds: dict[str, Measured] = {}
    for name, symbols, of_kind in every_kind(options):
        kinds[name] = of_kind
        p, r, *f1 = of_kind.row(least)
        cells = [f"{p:.2f}", f"{r:.2f}", *(f"{each:.3f}" for each in f1)]
        cells += [f"{each:.1f}" for each in of_kind.cpu()]
        print(f"| {name} ({symbols}) | {' | '.join(cells)} | {of_kind.peak_mb:.0f} |", flush=True)
    means = np.mean([of_kind.row(least)[2:] for of_kind in kinds.values()], 0).tolist()
    cells = [f"**{each:.3f}**" for each in means]
    print(f"| **mean of {len(kinds)} kinds** | | | {' | '.join(cells)} | | | |\n")
    outcomes = {name: [draw.one for draw in each.draws] for name, each in kinds.items()}
    print("| score | finds | right |\n|---|---|---|")
    print("\n".join(reliability(outcomes)))
    if options.finds:
        judged = {name: [one.judged for one in of_kind] for name, of_kind in outcomes.items()}
        options.finds.write_text(json.dumps(judged))


if __name__ == "__main__":
    main()
