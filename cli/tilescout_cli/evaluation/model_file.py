"""A model file's answers on the held-out tiles of a data set, each tile compared as a page is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from tilescout.detectors.onnx.answers import FLOOR
from tilescout.detectors.onnx.model import ServedModel, decoded
from tilescout.detectors.references.named_model import NamedModel, open_model
from tilescout.errors import UnusableModel
from tilescout.geometry import POINTS_PER_INCH
from tilescout_cli.console.failures import BadUsage
from tilescout_datasets import datasets
from tilescout_datasets.annotations import AnnotatedTile, UnusableAnnotations
from tilescout_datasets.datasets import Dataset
from tilescout_evaluate import pairing
from tilescout_evaluate.pairing import Pair
from tilescout_evaluate.report import figures
from tilescout_evaluate.report.figures import Evaluation
from tilescout_evaluate.truth.pages import TrueItem, TruePage
from tilescout_evaluate.truth.results import ResultDetection, ResultDocument, ResultPage
from tilescout_tune import onnx_detector

ENDING = ".onnx"
OWN_THRESHOLD = 50.0
"""The confidence that stands for a label's threshold."""


@dataclass(frozen=True, slots=True)
class ModelEvaluation:
    """``pairs`` are tiles with what is found at the model's own thresholds."""

    evaluation: Evaluation
    pairs: tuple[Pair, ...]


def evaluate(
    file: Path,
    folder: Path,
    labels: Sequence[str] = (),
    on_tile: Callable[[int, int], None] = lambda done, of: None,
) -> ModelEvaluation:
    """Evaluates ``labels``, or those that the model knows and the tiles have.

    Counts are at the model's own thresholds; mAP and curves see whatever it says. Raises BadUsage,
    and NotInstalled without faster-coco-eval.
    """
    model, dataset = opened(file), _read(folder)
    true = {each.label for tile in dataset.test for each in tile.annotations}
    known = tuple(labels) or tuple(name for name in model.card.labels if name in true)
    if not known:
        raise BadUsage(
            f"the model must know labels of the data set; it knows {', '.join(model.card.labels)}, "
            f"the tiles have {', '.join(sorted(true)) or 'none'}; evaluate it on its own"
        )
    pairs = []
    for at, tile in enumerate(dataset.test):
        on_tile(at + 1, len(dataset.test))
        pairs.append(tile_pair(tile, dataset.dpi, detections_on(tile, model), known))
    found = figures.of_objects(pairing.object_pages(pairs, known).pages, known, None,
                              min_confidence=OWN_THRESHOLD)  # fmt: skip
    others = sorted(true - set(known))
    warnings = [f"objects of other labels are left out: {', '.join(others)}"] if others else []
    return ModelEvaluation(
        replace(found.with_warnings(warnings), unit="tile"), tuple(map(_at_own_thresholds, pairs))
    )


def opened(file: Path) -> ServedModel | NamedModel:
    """Returns the model of a file and of what lies beside it. Raises BadUsage."""
    if find_spec("onnxruntime") is None:
        raise BadUsage("a model needs onnxruntime; install it: pip install 'tilescout[local]'")
    if not file.is_file():
        raise BadUsage(f"there is no model {file}; `tilescout onnx train` writes one")
    try:
        model = open_model(file.read_bytes())
        return onnx_detector.taking(model, onnx_detector.values_beside(file, model.card))
    except UnusableModel as error:
        raise BadUsage(str(error)) from error


def _read(folder: Path) -> Dataset:
    try:
        return datasets.read(folder)
    except UnusableAnnotations as error:
        raise BadUsage(str(error)) from error


def detections_on(
    tile: AnnotatedTile, model: ServedModel | NamedModel
) -> tuple[ResultDetection, ...]:
    """Returns whatever the model says of a tile, in its px. Raises BadUsage."""
    pixels = decoded(tile.file.read_bytes(), "RGB" if model.card.input.channels == 3 else "L")
    try:
        seen = model.find(pixels, FLOOR)
    except UnusableModel as error:
        raise BadUsage(str(error)) from error
    return tuple(
        ResultDetection(
            page=1,
            label=model.card.labels[label],
            text="",
            confidence=float(confidence),
            box_px=(float(box[0]), float(box[1]), float(box[2]), float(box[3])),
        )
        for box, confidence, label in zip(seen.boxes, seen.confidences, seen.labels, strict=True)
    )


def tile_pair(
    tile: AnnotatedTile, dpi: int, found: tuple[ResultDetection, ...], labels: Sequence[str]
) -> Pair:
    """Returns a page of one tile. What is of other labels is neither to be found nor wrong."""
    scale = POINTS_PER_INCH / dpi
    page = ResultPage(page=1, width_px=tile.width, height_px=tile.height, dpi=dpi,
                     width_pt=tile.width * scale, height_pt=tile.height * scale)  # fmt: skip
    document = ResultDocument(id="", file=tile.file.name, profile="", status="DONE",
                             pages={1: page}, detections=found)  # fmt: skip
    truth = TruePage(
        file=tile.file,
        page=1,
        width=tile.width,
        height=tile.height,
        items=tuple(
            TrueItem(box=each.box, label=each.label)
            for each in tile.annotations
            if each.label in labels
        ),
        ignored=(*tile.ignored, *(e.box for e in tile.annotations if e.label not in labels)),
    )
    return Pair(document, page, truth, tile.file.name)


def _at_own_thresholds(pair: Pair) -> Pair:
    sure = tuple(e for e in pair.document.detections if e.confidence >= OWN_THRESHOLD)
    return replace(pair, document=replace(pair.document, detections=sure))
