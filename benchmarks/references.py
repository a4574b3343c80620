"""Names symbols of public P&ID sheets by one or three reference pictures per class.

    python -m benchmarks.references --data DIR [--rows none pasted one three] [--ci2n DIR]

DIR has ``0.jpg`` to ``5.jpg`` and their YOLO labels ``0.txt`` to ``5.txt``: the folder
``data/sample_dataset/original`` of github.com/mgupta70/PID_Symbol_Detection (MIT). References are
drawn from sheets 0 to 2, sheet 3 chooses thresholds where sheets are annotated, 4 and 5 are
unseen. Sheet 5 has 2.17 times the pixels and says so in its dpi. ``--ci2n`` is the folder
``device_identification`` of github.com/LAD021/ci2n_datasets (Apache-2.0).
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tilescout.detections import Answer
from tilescout.detectors.onnx.answers import objects_seen
from tilescout.detectors.onnx.model import ServedModel, decoded
from tilescout.detectors.references.named_model import NamedModel, open_model
from tilescout.detectors.references.reference_set import UNKNOWN
from tilescout.geometry import Box
from tilescout.merging import merge_objects
from tilescout.profiles import Profile
from tilescout.rendering.render import render_page
from tilescout.rendering.requests import RenderedTile, RenderRequest
from tilescout_datasets.annotations import AnnotatedPage, Annotation
from tilescout_datasets.datasets import Shares, held_out_pages
from tilescout_datasets.references import base_models

DPI, TILE_SIZE, OVERLAP = 120, 1024, 128
PROFILE = Profile(name="pid", detector="onnx", dpi=DPI, tile_size=TILE_SIZE, overlap=OVERLAP)
SHEET_WIDTH_IN = 3300 / DPI
REFERENCE_SHEETS, THRESHOLD_SHEET, UNSEEN = (0, 1, 2), 3, (4, 5)
THRESHOLD = 50.0
CHILDREN = resource.RUSAGE_CHILDREN
CI2N_PICTURES = 100
Floats = NDArray[np.float64]
Found = list[tuple[str, float, Floats]]
"""Label, confidence and box (px) of what was found on a page."""


@dataclass(frozen=True, slots=True)
class Truth:
    """A picture with its labelled boxes, px of the page at the profile's dpi."""

    path: Path
    labels: tuple[str, ...]
    boxes: Floats


@dataclass(frozen=True, slots=True)
class Score:
    """Objects, what was found, and what of it is right."""

    objects: int
    found: int
    right: int

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, self.objects + self.found)


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        work = _Work(Path(folder), options.threads, options.draws)
        if options.data:
            sheets = [sheet(options.data, number, work.folder) for number in range(6)]
            for row in options.rows:
                getattr(work, row)(sheets)
        if options.ci2n:
            work.zero_shot(list(pictures(options.ci2n))[:CI2N_PICTURES])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--ci2n", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--rows", nargs="*", default=["none", "pasted", "one", "three"])
    return parser.parse_args()


def sheet(data: Path, number: int, folder: Path) -> Truth:
    """Returns a sheet as a picture that tells its dpi: all are equally wide on paper."""
    with Image.open(data / f"{number}.jpg") as image:
        dpi = image.width / SHEET_WIDTH_IN
        path = folder / f"sheet-{number}.jpg"
        image.convert("L").save(path, quality=95, dpi=(round(dpi), round(dpi)))
        scale = DPI / round(dpi)
        rows = np.loadtxt(data / f"{number}.txt").reshape(-1, 5)
        middle, half = rows[:, 1:3], rows[:, 3:5] / 2
        size = np.array([image.width, image.height] * 2) * scale
    boxes = np.concatenate((middle - half, middle + half), axis=1) * size
    return Truth(path, tuple(f"c{int(row[0]):02d}" for row in rows), boxes)


def pictures(data: Path) -> Iterator[Truth]:
    """Yields the schematics of ci2n, one pixel of the picture one of the page."""
    for file in sorted(data.glob("*.json"), key=lambda file: int(file.stem)):
        shapes = json.loads(file.read_text(encoding="utf-8"))["shapes"]
        corners = [np.array(shape["points"], dtype=float) for shape in shapes]
        boxes = [[*points.min(axis=0), *points.max(axis=0)] for points in corners]
        labels = tuple(str(shape["label"]) for shape in shapes)
        yield Truth(file.with_suffix(".png"), labels, np.array(boxes).reshape(-1, 4))


class _Work:
    """Runs the product's commands in a folder with a profile of its own."""

    def __init__(self, folder: Path, threads: int, draws: int) -> None:
        self.folder, self._draws = folder, draws
        self._threads = ("--threads", str(threads))
        profile = {"detector": "onnx", "model_project": "pid", "dpi": DPI, "tile_size": TILE_SIZE,
                   "overlap": OVERLAP, "schedule": "rate(5 minutes)"}  # fmt: skip
        context = {"tilescout": {"profiles": {"pid": profile}}}
        (folder / "cdk.json").write_text(json.dumps({"app": "x", "context": context}))

    def none(self, sheets: Sequence[Truth]) -> None:
        """The shipped detector as it is."""
        self._named("no sheet annotated", sheets, None)

    def pasted(self, sheets: Sequence[Truth]) -> None:
        """The shipped detector trained on made pages that show one reference per class."""
        boxes = self._annotated("references", [sheets[at] for at in REFERENCE_SHEETS])
        started = _seconds()
        made = self._tuned(self._set(boxes, None, 1, 1), 250)
        _told("pasted on made pages, 1 per class", _scores(made, sheets), started)

    def one(self, sheets: Sequence[Truth]) -> None:
        """The shipped detector trained on one annotated sheet."""
        self._trained("one sheet annotated", sheets, sheets[:1], 200)

    def three(self, sheets: Sequence[Truth]) -> None:
        """The shipped detector trained on three annotated sheets."""
        self._trained("three sheets annotated", sheets, sheets[:3], 300)

    def zero_shot(self, drawings: Sequence[Truth]) -> None:
        """The shipped detector on schematics, whatever their classes."""
        model = open_model(base_models.DETECTOR.read_bytes())
        scores = [_agnostic(found(model, each), each) for each in drawings]
        print(f"| ci2n, {len(drawings)} pictures, any symbol | {_total(scores).f1:.2f} |")

    def _trained(
        self, name: str, sheets: Sequence[Truth], annotated: Sequence[Truth], iterations: int
    ) -> None:
        detector, data = self.folder / "detector.onnx", self.folder / "set"
        boxes = self._annotated("annotated", [*annotated, sheets[THRESHOLD_SHEET]])
        shares = ("--test-share", 1 / (len(annotated) + 1), "--seed", self._seed(annotated))
        self._run("dataset", "build", boxes, "--profile", "pid", "--out", data, *shares)
        started = _seconds()
        self._run("onnx", "train", data, "--one-label", "--out", detector, "--iterations",
                  iterations, *self._threads)  # fmt: skip
        print(f"{name}: {_seconds() - started:.0f} s of one core", flush=True)
        self._named(name, sheets, detector)

    def _seed(self, annotated: Sequence[Truth]) -> int:
        """Returns the seed by which a data set holds out the sheet of thresholds."""
        last = self.folder / f"sheet-{THRESHOLD_SHEET}.jpg"
        names = [*(truth.path for truth in annotated), last]
        some = (Annotation("c00", Box(0, 0, 1, 1)),)
        pages = [AnnotatedPage(path=path, page=1, width=1, height=1, annotations=some)
                 for path in names]  # fmt: skip
        share = 1 / len(names)
        return next(
            seed for seed in range(99)
            if held_out_pages(pages, Shares(test=share, seed=seed)) == {pages[-1].name}
        )  # fmt: skip

    def _named(self, name: str, sheets: Sequence[Truth], detector: Path | None) -> None:
        boxes = self._annotated("references", [sheets[at] for at in REFERENCE_SHEETS])
        for count in (1, 3):
            sets = [self._set(boxes, detector, count, seed) for seed in range(1, self._draws + 1)]
            title = f"{name}, {count} per class"
            started = _seconds()
            _told(title, [row for made in sets for row in _scores(made, sheets)], started)
            started = _seconds()
            tuned = [self._tuned(made, 0) for made in sets]
            rows = [row for made in tuned for row in _scores(made, sheets)]
            _told(f"{title}, comparing network trained on them", rows, started)

    def _tuned(self, made: Path, iterations: int) -> Path:
        tuned = made.with_name(f"tuned-{made.name}")
        self._run("references", "train", made, "--out", tuned, "--iterations", iterations,
                  *self._threads)  # fmt: skip
        return tuned

    def _set(self, boxes: Path, detector: Path | None, count: int, seed: int) -> Path:
        made = self.folder / f"set-{count}-{seed}.onnx"
        given = ("--detector", detector) if detector else ()
        self._run("references", "make", boxes, "--profile", "pid", "--per-class", count, "--seed",
                  seed, "--out", made, *given)  # fmt: skip
        return made

    def _annotated(self, name: str, sheets: Sequence[Truth]) -> Path:
        """Writes the boxes of sheets as COCO, in px at the profile's dpi."""
        labels = sorted({label for truth in sheets for label in truth.labels})
        images: list[dict[str, Any]] = []
        rows: list[dict[str, Any]] = []
        for number, truth in enumerate(sheets, 1):
            with Image.open(truth.path) as image:
                size = {"width": image.width, "height": image.height}
            images.append({"id": number, "file_name": truth.path.name, **size})
            for label, box in zip(truth.labels, truth.boxes.tolist(), strict=True):
                sides = [box[0], box[1], box[2] - box[0], box[3] - box[1]]
                rows.append({"id": len(rows) + 1, "image_id": number, "bbox": sides,
                             "category_id": labels.index(label) + 1})  # fmt: skip
        categories = [{"id": at, "name": label} for at, label in enumerate(labels, 1)]
        path = self.folder / f"{name}.coco.json"
        path.write_text(json.dumps(
            {"images": images, "annotations": rows, "categories": categories}
        ))  # fmt: skip
        return path

    def _run(self, *arguments: Any) -> None:
        command = [sys.executable, "-m", "tilescout_cli", *map(str, arguments)]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")


def _seconds() -> float:
    """Returns the processor seconds of this process and of the commands that it has run."""
    own, children = (resource.getrusage(of) for of in (resource.RUSAGE_SELF, CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _scores(file: Path, sheets: Sequence[Truth]) -> list[tuple[int, Score, Score, int]]:
    """Returns, for each unseen sheet, named and unnamed scores, and how many are unknown."""
    model = open_model(file.read_bytes())
    rows = []
    for number in UNSEEN:
        seen = found(model, sheets[number])
        unknown = sum(label == UNKNOWN for label, _, _ in seen)
        named = [each for each in seen if each[0] != UNKNOWN]
        rows.append((number, _classwise(named, sheets[number]), _agnostic(seen, sheets[number]),
                     unknown))  # fmt: skip
    return rows


def _told(name: str, rows: list[tuple[int, Score, Score, int]], started: float) -> None:
    cells = []
    for number in UNSEEN:
        mine = [row for row in rows if row[0] == number]
        named, any_symbol, unknown = (
            np.mean([row[1].f1 for row in mine]), np.mean([row[2].f1 for row in mine]),
            np.mean([row[3] for row in mine]),
        )  # fmt: skip
        cells.append(f"{named:.2f} | {any_symbol:.2f} | {unknown:.0f}")
    print(f"| {name} | {' | '.join(cells)} | {_seconds() - started:.0f} s |", flush=True)


def found(model: ServedModel | NamedModel, truth: Truth) -> Found:
    """Detects as a run does: in each tile, then merged."""
    tiles: list[RenderedTile] = []
    request = RenderRequest.for_page(1, PROFILE, pixels_only=True)
    rendered = render_page(truth.path, request, tiles.append)
    answers = [
        Answer(
            tile=each.tile.index,
            tile_box=each.tile.box,
            objects=objects_seen(model.find(decoded(each.image), THRESHOLD), model.card, each.tile),
        )
        for each in tiles
    ]
    merged = merge_objects(answers, rendered.width_px, rendered.height_px)
    return [(e.label, e.confidence, np.array([e.box.left, e.box.top, e.box.right, e.box.bottom]))
            for e in merged]  # fmt: skip


def _agnostic(seen: Found, truth: Truth) -> Score:
    return _matched([box for _, _, box in _by_confidence(seen)], truth.boxes)


def _classwise(seen: Found, truth: Truth) -> Score:
    scores = []
    for label in {*truth.labels, *(label for label, _, _ in seen)}:
        boxes = truth.boxes[np.array(truth.labels) == label]
        mine = [box for name, _, box in _by_confidence(seen) if name == label]
        scores.append(_matched(mine, boxes))
    return _total(scores)


def _by_confidence(seen: Found) -> Found:
    return sorted(seen, key=lambda each: -each[1])


def _matched(seen: list[Floats], boxes: Floats) -> Score:
    """Returns the score of greedy matching at IoU .5, each object once."""
    free, right = boxes.copy(), 0
    for box in seen:
        overlaps = _ious(box, free)
        if len(free) and overlaps.max() >= 0.5:
            right += 1
            free = np.delete(free, int(overlaps.argmax()), axis=0)
    return Score(len(boxes), len(seen), right)


def _ious(box: Floats, boxes: Floats) -> Floats:
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    common = np.prod(np.maximum(high - low, 0), axis=1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) + np.prod(box[2:] - box[:2])
    return np.asarray(common / np.maximum(areas - common, 1e-9))


def _total(scores: Sequence[Score]) -> Score:
    return Score(
        sum(score.objects for score in scores),
        sum(score.found for score in scores),
        sum(score.right for score in scores),
    )


if __name__ == "__main__":
    main()
