"""Scores the local OCR on tiles of drawings against their text layers, with its CPU seconds.

    python -m benchmarks.text_drawings --data DIR [--before CHECKOUT] [--tiles 3] [--dpi 200]

Every PDF of the folder whose layer names at least 40 words on a page gives its fullest tiles, as
the profile ``text`` of ``cdk.json`` cuts them (``--dpi`` sets another dpi for all pages). With
``--before``, the reader of another checkout of this project reads the same tiles in the same run.
Words that a tile cuts do not count, nor do boxes that are more than 1.5 times as large as the words
of the layer and the drawn rows of lettering in them: a layer of another font than the drawn one has
boxes of other lengths. Words less than 5 px high are too small for any reader and are counted on
their own (``< 5 px``). ``P'`` is the precision over detections that lie on a word of the layer;
``off`` counts the others, which may be right where text is outlined.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import socket
import subprocess
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import numpy as np
import pymupdf
from PIL import Image

from tilescout.detections import Word
from tilescout.geometry import Box, bounding_box, union
from tilescout.intake.page_dpi import page_dpi
from tilescout.profiles import Profile
from tilescout.rendering.lettering import InkRuns, lettering
from tilescout.rendering.render import inspect_for_profile, render_page
from tilescout.rendering.requests import RenderedTile, RenderRequest
from tilescout_cli.stack import cdk_profiles
from tilescout_evaluate.metrics.text.accuracy import letters_and_digits
from tilescout_evaluate.metrics.text.pages import MAX_AREA_RATIO, contains_centre, words_under
from tilescout_local.engines.text_reading import Line, from_json, request_frame
from tilescout_local.processes import framing

MIN_WORDS = 40
CUT_PX = 4
MIN_HEIGHT_PX = 5.0
DIAMETERS = "∅φøΦϕ⌀⍉"
SIGNS = "Ø±°"
FOLDED = str.maketrans(dict.fromkeys(DIAMETERS, "Ø") | {"º": "°", "˚": "°"})
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class TileTruth:
    """An encoded tile and the words of the layer that lie whole in it, in tile px.

    ``inner`` is the part in which nothing is cut; ``rows`` are rows of marks that look like
    lettering.
    """

    drawing: str
    image: bytes
    words: tuple[Word, ...]
    partial: tuple[Word, ...]
    inner: Box
    rows: tuple[Box, ...] = ()

    def reads_too_much(self, box: Box) -> bool:
        """Tells if a box is too large for the words and the drawn lettering in it."""
        words = [word.box for word in words_under(box, self.words)]
        drawn = [row.intersection(box) for row in self.rows]
        inside = [*words, *(row for row in drawn if row.area > 0)]
        return bool(words) and box.area > MAX_AREA_RATIO * union(inside).area


class Reader:
    """The OCR process of one checkout of the project."""

    def __init__(self, checkout: Path) -> None:
        ours, theirs = socket.socketpair()
        code = os.pathsep.join(str(checkout / part) for part in ("lambdas", "cli"))
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tilescout_local.engines.ocr_worker", str(theirs.fileno())],
                env=os.environ | {"PYTHONPATH": code, "OMP_NUM_THREADS": "1"},
                cwd=checkout / "cli",
                pass_fds=[theirs.fileno()],
            )
        self._socket = ours
        engines = checkout / "cli/tilescout_local/engines"
        modules = (path.read_text() for path in engines.glob("*.py"))
        self._names_alphabet = any("def request_frame(alphabet" in text for text in modules)

    def read(self, image: bytes) -> tuple[list[Line], float]:
        """Returns the lines of an image and the CPU seconds that they took."""
        before = self._cpu_seconds()
        # Checkouts before alphabets were a setting take the image alone.
        request = request_frame("latin", image) if self._names_alphabet else image
        framing.send(self._socket, request)
        answer = framing.receive(self._socket)
        if answer is None:
            raise SystemExit("the OCR process ended; read its message above")
        found = json.loads(answer)
        # Checkouts before the count of lines left out answer with the lines alone.
        told = found if isinstance(found, dict) else {"lines": found, "left_out": 0}
        return from_json(told).lines, self._cpu_seconds() - before

    def _cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        self._socket.close()
        self._process.wait()


def text_profile() -> Profile:
    """Returns the profile ``text`` that this checkout ships."""
    return cdk_profiles.read(ROOT / "cdk.json").named("text")


def tiles_of(path: Path, profile: Profile, pages: int, count: int) -> Iterator[TileTruth]:
    """Yields the ``count`` tiles of each page that hold the most words of its layer."""
    with pymupdf.open(path) as document:
        numbers = range(1, min(pages, document.page_count) + 1)
    for number in numbers:
        tiles: list[RenderedTile] = []
        (facts,) = inspect_for_profile(path, profile, (number, number)).pages
        dpi = page_dpi(facts, profile)
        request = replace(RenderRequest.for_page(number, profile, dpi=dpi), text_layer=True)
        words = render_page(path, request, tiles.append).words
        if len(words) >= MIN_WORDS:
            found = [_truth(f"{path.stem}, {dpi} dpi", tile, words) for tile in tiles]
            yield from sorted(found, key=lambda tile: -len(tile.words))[:count]


def _truth(drawing: str, rendered: RenderedTile, words: Sequence[Word]) -> TileTruth:
    box = rendered.tile.box
    inner = box.grow(-CUT_PX, -CUT_PX)
    return TileTruth(
        drawing=drawing,
        image=rendered.image,
        words=tuple(_shifted(word, box) for word in words if inner.contains(word.box)),
        partial=tuple(
            _shifted(word, box)
            for word in words
            if not inner.contains(word.box) and box.intersection(word.box).area > 0
        ),
        rows=tuple(_drawn_rows(rendered.image)),
        inner=inner.shift(-box.left, -box.top),
    )


def _drawn_rows(image: bytes) -> list[Box]:
    runs = InkRuns()
    with Image.open(io.BytesIO(image)) as opened:
        runs.add(np.asarray(opened.convert("L")), 0)
    return lettering(runs.marks())


def _shifted(word: Word, tile: Box) -> Word:
    return Word(
        text=word.text,
        confidence=word.confidence,
        box=word.box.shift(-tile.left, -tile.top),
        line=word.line,
        direction=word.direction,
    )


Shown = list[tuple[str, Box]]


def score(tile: TileTruth, lines: Sequence[Line]) -> Counter[str]:
    """Returns counts: ``all``, ``flat``, ``upright``, ``small`` (words under 5 px), ``single``,
    each sign and ``on`` (tokens on words of the layer), each with " read"; and ``off`` and
    ``foreign``."""
    shown = [(_plain(line.text), bounding_box(line.quad)) for line in lines]
    counts = Counter(
        foreign=sum(unicodedata.category(one) == "Lo" for text, _ in shown for one in text)
    )
    _count_words(counts, tile, shown)
    _count_singles(
        counts,
        tile,
        [(_plain(word.text), bounding_box(word.quad)) for line in lines for word in line.words],
    )
    _count_signs(counts, tile, shown)
    _count_tokens(counts, tile, lines)
    return counts


def _count_words(counts: Counter[str], tile: TileTruth, shown: Shown) -> None:
    for word in tile.words:
        token = letters_and_digits(_plain(word.text))
        if len(token) >= 2:
            is_read = any(
                contains_centre(box, word.box)
                and not tile.reads_too_much(box)
                and token in letters_and_digits(text)
                for text, box in shown
            )
            for kind in _kinds(word):
                _count(counts, kind, is_read)


def _kinds(word: Word) -> tuple[str, ...]:
    if min(word.box.width, word.box.height) < MIN_HEIGHT_PX:
        return ("small",)
    return "all", "flat" if word.direction in ("right", "left") else "upright"


def _count_singles(counts: Counter[str], tile: TileTruth, shown: Shown) -> None:
    for word in tile.words:
        text = _plain(word.text)
        if len(text) == 1 and text.isalnum():
            near = word.box.grow(word.box.width / 2, word.box.height / 4)
            is_read = any(text == other and contains_centre(near, box) for other, box in shown)
            _count(counts, "single", is_read)


def _count_signs(counts: Counter[str], tile: TileTruth, shown: Shown) -> None:
    for word in tile.words:
        for sign in SIGNS:
            if sign in _plain(word.text) and letters_and_digits(word.text):
                is_read = any(sign in text and contains_centre(b, word.box) for text, b in shown)
                _count(counts, sign, is_read)


def _count_tokens(counts: Counter[str], tile: TileTruth, lines: Sequence[Line]) -> None:
    for line in lines:
        box = bounding_box(line.quad)
        near = words_under(box.grow(box.height, box.height), [*tile.words, *tile.partial])
        counts["off"] += not near
        truth = letters_and_digits("".join(_plain(word.text) for word in near))
        whole = [word for word in line.words if tile.inner.contains(bounding_box(word.quad))]
        for token in (letters_and_digits(_plain(word.text)) for word in whole):
            if len(token) >= 2 and near:
                _count(counts, "on", token in truth)


def _count(counts: Counter[str], kind: str, is_read: bool) -> None:
    counts[kind] += 1
    counts[f"{kind} read"] += is_read


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text.translate(FOLDED))


KINDS = ("all", "flat", "upright", "small", "single", *SIGNS, "on")
MEANS = ("all", "on", "upright")
HEAD = (
    "| drawing | reader | tiles | recall | horizontal | vertical | < 5 px | 1 character | Ø | ± "
    "| ° | P' | off | foreign | CPU s/tile |\n|" + 15 * "---|"
)


def row(drawing: str, reader: str, counts: Counter[str], seconds: float) -> str:
    shares = " | ".join(
        f"{counts[f'{kind} read'] / counts[kind]:.3f} of {counts[kind]}" if counts[kind] else "-"
        for kind in KINDS
    )
    tiles = counts["tiles"]
    return (
        f"| {drawing} | {reader} | {tiles} | {shares} | {counts['off']} | {counts['foreign']} "
        f"| {seconds / max(1, tiles):.2f} |"
    )


def measure(tiles: Sequence[TileTruth], readers: dict[str, Reader]) -> Iterator[str]:
    """Yields rows of the table: each drawing by each reader, then all drawings together."""
    totals = {name: Counter[str]() for name in readers}
    seconds = dict.fromkeys(readers, 0.0)
    recalls: dict[str, dict[str, list[float]]] = {
        name: {"recall": [], "P'": [], "vertical recall": []} for name in readers
    }
    for drawing in dict.fromkeys(tile.drawing for tile in tiles):
        own = [tile for tile in tiles if tile.drawing == drawing]
        for name, reader in readers.items():
            counts, spent = _measured(own, reader)
            totals[name].update(counts)
            seconds[name] += spent
            for shares, kind in zip(recalls[name].values(), MEANS, strict=True):
                if counts[kind]:
                    shares.append(counts[f"{kind} read"] / counts[kind])
            yield row(drawing, name, counts, spent)
    for name in readers:
        yield row("all", name, totals[name], seconds[name])
        yield "\n" + ", ".join(
            f"mean {what} per drawing, {name}: {fmean(shares):.3f}"
            for what, shares in recalls[name].items()
            if shares
        )


def _measured(tiles: Sequence[TileTruth], reader: Reader) -> tuple[Counter[str], float]:
    counts, spent = Counter(tiles=len(tiles)), 0.0
    for tile in tiles:
        lines, seconds = reader.read(tile.image)
        counts += score(tile, lines)
        spent += seconds
    return counts, spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, action="append")
    parser.add_argument("--before", type=Path, help="another checkout of this project")
    parser.add_argument("--tiles", type=int, default=3, help="per page")
    parser.add_argument("--pages", type=int, default=1, help="per drawing")
    parser.add_argument("--dpi", type=int, help="of all pages; left out: as their lettering needs")
    parser.add_argument("--drawing", action="append", help="only these, by name")
    asked = parser.parse_args()
    paths = sorted(path for folder in asked.data for path in folder.glob("*.pdf"))
    chosen = [path for path in paths if not asked.drawing or path.stem in asked.drawing]
    profile = text_profile()
    if asked.dpi:
        profile = replace(profile, dpi=asked.dpi, max_dpi=0)
    tiles = [tile for path in chosen for tile in tiles_of(path, profile, asked.pages, asked.tiles)]
    places = {"before": asked.before} if asked.before else {}
    readers = {name: Reader(place) for name, place in (places | {"now": ROOT}).items()}
    print(HEAD, flush=True)
    for line in measure(tiles, readers):
        print(line, flush=True)
    for reader in readers.values():
        reader.close()


if __name__ == "__main__":
    main()
