"""Files of the shapes that exporters document: each is read as its layout, or refused.

Each answers that a valve of 80 x 80 px is at 100, 100, and a pump where there are two classes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.project.doc_pages import PAGES
from tests.unit.tilescout.detectors.onnx.onnx_files import (
    FLOAT,
    IMAGES,
    LONG,
    SIDE,
    Output,
    model_file,
)
from tilescout.detectors.onnx.layout_choice import LAYOUTS, Tensor
from tilescout.detectors.onnx.model import ServedModel
from tilescout.errors import UnusableModel

HALF = "tensor(float16)"
VALVE, PUMP = [100.0, 100.0, 180.0, 180.0], [200.0, 220.0, 260.0, 300.0]
LABELS = ("valve", "pump")
PAPER: NDArray[np.uint8] = np.full((SIDE, SIDE), 255, np.uint8)
CELLS = sum((SIDE // stride) ** 2 for stride in (8, 16, 32))
ULTRALYTICS = {"author": "Ultralytics", "task": "detect"}
NAMED = {1: {"names": "{0: 'valve'}"}, 2: {"names": "{0: 'valve', 1: 'pump'}"}}


def centred(ratios: bool = False) -> list[list[float]]:
    """Centre and size of both boxes, px or ratios of the image."""
    scale = 1 / SIDE if ratios else 1.0
    return [
        [(left + right) / 2 * scale, (top + bottom) / 2 * scale,
         (right - left) * scale, (bottom - top) * scale]
        for left, top, right, bottom in (VALVE, PUMP)
    ]  # fmt: skip


def scores(labels: int) -> list[list[float]]:
    """The scores of both boxes; with one label the second box has hardly any."""
    return [[0.9, 0.05][:labels], [0.05, 0.8][:labels]]


def rows(count: int, *columns: Any) -> NDArray[np.float32]:
    """1 x ``count`` x columns, of which the first two say something."""
    table = np.concatenate([np.asarray(each, np.float32) for each in columns], axis=1)
    return np.pad(table, ((0, count - len(table)), (0, 0)))[None]


def columns(labels: int, *more: Any) -> NDArray[np.float32]:
    """YOLOv8 and later: 1 x (4 + labels + more) x cells."""
    return rows(CELLS, centred(), scores(labels), *more).transpose(0, 2, 1)


def once(labels: int, boxes: Any = (VALVE, PUMP), *more: Any) -> NDArray[np.float32]:
    """Boxes that are answered once: sides, score, class, and more."""
    classes = [[0.9, 0], [0.8, 1] if labels == 2 else [0.0, 0]]
    return rows(300, boxes, classes, *more)


def with_objectness(count: int, labels: int) -> NDArray[np.float32]:
    """YOLOv5 and YOLOX: 1 x ``count`` x (5 + labels)."""
    return rows(count, centred(), [[1.0], [1.0]], scores(labels))


def logits(count: int, labels: int, nothing: int = 0) -> NDArray[np.float32]:
    """A column per label and perhaps one for no object, before sigmoid or softmax."""
    found = np.full((1, count, labels + nothing), -9.0, np.float32)
    found[0, :, labels:] = 9.0
    for at in range(labels):
        found[0, at, :], found[0, at, at] = -9.0, 9.0
    return found


def detr(labels: int, names: tuple[str, str], nothing: int = 0) -> dict[str, Output]:
    boxes = rows(100, centred(ratios=True))
    return {names[0]: logits(100, labels, nothing), names[1]: boxes}


def apart(labels: int, ratios: bool) -> dict[str, Output]:
    """The postprocessor of RT-DETR and D-FINE."""
    boxes = np.asarray([[VALVE, PUMP]], np.float32) / (SIDE if ratios else 1)
    surest = np.asarray([[0.9, 0.8 if labels == 2 else 0.0]], np.float32)
    return {"labels": np.asarray([[0, labels - 1]]), "boxes": boxes, "scores": surest}


@dataclass(frozen=True)
class Export:
    """``exporter`` and ``version`` are those of the table in docs/onnx.md."""

    exporter: str
    version: str
    layout: str
    outputs: dict[int, dict[str, Output]]
    """Outputs by how many labels the model has."""
    metadata: dict[str, str] = field(default_factory=dict)
    named: bool = True
    """Tells if the file names its labels."""
    inputs: tuple[Tensor, ...] = (IMAGES,)
    kind: str = FLOAT
    dynamic: tuple[int, ...] = ()
    labels: tuple[str, ...] = LABELS

    def file(self, count: int) -> bytes:
        told = self.metadata | (NAMED[count] if self.named else {})
        return model_file(self.outputs[count], told, self.inputs, self.kind, self.dynamic)


def ultralytics(version: str, layout: str, make: Any, **more: Any) -> Export:
    """An export of Ultralytics of one and of two labels."""
    metadata = ULTRALYTICS | more.pop("metadata", {})
    exporter = more.pop("exporter", "Ultralytics detect, segment, pose")
    outputs = {count: {"output0": make(count), **more.pop("beside", {})} for count in (1, 2)}
    return Export(exporter, version, layout, outputs, metadata, **more)


def anonymous(exporter: str, version: str, layout: str, make: Any, **more: Any) -> Export:
    """An export that names no labels, of one and of two."""
    outputs = {count: make(count) for count in (1, 2)}
    return Export(exporter, version, layout, outputs, named=False, **more)


SIZES = Tensor("orig_target_sizes", LONG, (1, 2))
MASK = Tensor("pixel_mask", LONG, (1, SIDE, SIDE))
ANGLES = [[0.0], [0.0]]
MASKS, KEY_POINTS = [[7.0] * 32, [7.0] * 32], [[50.0, 60.0, 0.9] * 17] * 2
ORDINARY, ONCE = "v5u, v8 to v10, 11, 12, 26", "v10, 26 with `end2end=True`, or `nms=True`"
END2END = {"end2end": "True"}
OBB = "Ultralytics OBB"
RTDETR = "Ultralytics RT-DETR"
AUTHORS = "RT-DETR, D-FINE of their authors"
EXPORTS = {
    "v8": ultralytics(ORDINARY, "yolo-columns", columns),
    "fixed batch": ultralytics(
        ORDINARY, "yolo-columns", lambda n: np.repeat(columns(n), 4, axis=0),
        inputs=(replace(IMAGES, shape=(4, 3, SIDE, SIDE)),)),
    "any size": ultralytics(
        ORDINARY, "yolo-columns", columns, dynamic=(2,),
        inputs=(replace(IMAGES, shape=(None, 3, None, None)),)),
    "half": ultralytics(
        ORDINARY, "yolo-columns", columns, kind=HALF, inputs=(replace(IMAGES, type=HALF),)),
    "segment": ultralytics(
        ORDINARY, "yolo-columns", lambda n: columns(n, MASKS), metadata={"task": "segment"},
        beside={"output1": np.zeros((1, 32, 160, 160), np.float32)}),
    "pose": ultralytics(
        ORDINARY, "yolo-columns", lambda n: columns(n, KEY_POINTS), metadata={"task": "pose"}),
    "end to end": ultralytics(ONCE, "end-to-end", once, metadata=END2END),
    "nms in the graph": ultralytics(
        ONCE, "end-to-end", once, metadata={"args": "{'batch': 1, 'nms': True}"}),
    "nms of any size": ultralytics(
        ONCE, "end-to-end", once, dynamic=(0, 1, 2), metadata={"args": "{'nms': True}"},
        inputs=(replace(IMAGES, shape=(None, 3, None, None)),)),
    "nms of masks": ultralytics(
        ONCE, "end-to-end", lambda n: once(n, (VALVE, PUMP), MASKS),
        metadata={"args": "{'nms': True}", "task": "segment"},
        beside={"output1": np.zeros((1, 32, 160, 160), np.float32)}),
    "nms of key points": ultralytics(
        ONCE, "end-to-end", lambda n: once(n, (VALVE, PUMP), KEY_POINTS),
        metadata={"args": "{'nms': True}", "task": "pose"}),
    "obb": ultralytics(
        "v8, 11, 26", "obb-columns", lambda n: columns(n, ANGLES), exporter=OBB,
        metadata={"task": "obb"}),
    "obb end to end": ultralytics(
        "26 with `end2end=True`, or `nms=True`", "obb-end-to-end",
        lambda n: once(n, centred(), ANGLES), exporter=OBB, metadata={"task": "obb"} | END2END),
    "obb with nms": ultralytics(
        "26 with `end2end=True`, or `nms=True`", "obb-end-to-end",
        lambda n: once(n, centred(), ANGLES), exporter=OBB,
        metadata={"task": "obb", "args": "{'nms': True}"}),
    "rtdetr to 2025": ultralytics(
        "to 2025", "rtdetr-rows", lambda n: rows(300, centred(ratios=True), scores(n)),
        exporter=RTDETR, metadata={"description": "Ultralytics RT-DETR-l model"}),
    "rtdetr": ultralytics(
        "with `head` in the metadata", "rtdetr-end-to-end",
        lambda n: once(n, centred(ratios=True)), exporter=RTDETR,
        metadata={"head": "RTDETRDecoder"}),
    "v5": Export(
        "YOLOv5 to v7", "`export.py`", "yolo-rows",
        {n: {"output0": with_objectness(3 * CELLS, n)} for n in (1, 2)}, {"stride": "32"}),
    "v6": Export(
        "YOLOv5 to v7", "`export.py`", "yolo-rows",
        {n: {"outputs": with_objectness(CELLS, n)} for n in (1, 2)}),
    "yolox": anonymous(
        "YOLOX", "`--decode_in_inference`", "yolox",
        lambda n: {"output": with_objectness(CELLS, n)}),
    "authors, pixels": anonymous(
        AUTHORS, "with postprocessor", "boxes-and-labels", lambda n: apart(n, False),
        inputs=(IMAGES, SIZES)),
    "authors, ratios": anonymous(
        AUTHORS, "with postprocessor", "boxes-and-labels", lambda n: apart(n, True),
        inputs=(IMAGES, SIZES)),
    "authors, plain": anonymous(
        AUTHORS, "without", "detr-sigmoid",
        lambda n: detr(n, ("pred_logits", "pred_boxes"))),
    "transformers, sigmoid": anonymous(
        "RT-DETR, D-FINE, Conditional and Deformable DETR of transformers", "any", "detr-sigmoid",
        lambda n: detr(n, ("logits", "pred_boxes"))),
    "transformers, softmax": anonymous(
        "DETR, YOLOS", "any", "detr-softmax", lambda n: detr(n, ("logits", "pred_boxes"), 1),
        inputs=(replace(IMAGES, name="pixel_values"), MASK)),
    "rf-detr": Export(
        "RF-DETR", "any", "rf-detr",
        {n: {"dets": rows(300, centred(ratios=True)),
             "labels": np.pad(logits(300, n), ((0, 0), (0, 0), (0, 1)), constant_values=-9)}
         for n in (1, 2)}, named=False, labels=("valve", "pump", "-")),
}  # fmt: skip
BOTH = [("valve", VALVE), ("pump", PUMP)]


def given(export: Export, count: int) -> tuple[str, ...]:
    """The labels that a person gives for a file without names."""
    if export.named:
        return ()
    return (*LABELS[:count], "-") if "-" in export.labels else LABELS[:count]


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_read_as_its_layout_and_its_boxes_are_where_they_are(
    name: str, count: int
) -> None:
    export = EXPORTS[name]
    model = ServedModel(export.file(count), labels=given(export, count))
    answer = model.find(PAPER, 25.0)
    assert model.card.layout == export.layout
    assert [model.card.labels[label] for label in answer.labels] == [
        label for label, _ in BOTH[:count]
    ]
    assert answer.boxes == pytest.approx(np.array([box for _, box in BOTH[:count]]), abs=0.2)


def refusals() -> dict[str, tuple[bytes, str]]:
    """Files that cannot be read, each with what its refusal says."""
    undecoded = with_objectness(CELLS, 2)
    undecoded[0, :, :4] /= 100
    return {
        "yolox, not decoded": (
            model_file({"output": undecoded}, NAMED[2]),
            "boxes are not decoded; export it with tools/export_onnx.py --decode_in_inference"),
        "yolox or v6": (
            model_file({"output0": with_objectness(CELLS, 2)}),
            "may be yolox .*; yolo-rows .*; name one with --layout"),
        "yolox, raw scores": (
            model_file({"output": with_objectness(CELLS, 2) * 10}),
            "export it with tools/export_onnx.py --decode_in_inference"),
        "a classifier": (
            model_file({"output0": np.zeros((1, 2), np.float32)},
                       ULTRALYTICS | NAMED[2] | {"task": "classify"}), "say task 'classify'"),
        "v5 with its raw heads first": (
            model_file({"output0": np.zeros((1, 3, 80, 80, 7), np.float32)}, NAMED[2]),
            "check the labels, and export it for inference"),
        "outputs of mmdetection": (
            model_file({"dets": np.zeros((1, 100, 5), np.float32),
                        "labels": np.zeros((1, 100), np.int64)}, NAMED[2]),
            "this model has dets 1 x 100 x 5, labels 1 x 100"),
        "more columns than labels": (
            model_file({"output0": columns(2)}, ULTRALYTICS | NAMED[1]), "with 1 label"),
        "logits of 91 columns": (
            model_file({"logits": logits(100, 2, 89), "pred_boxes": rows(100, centred(True))},
                       NAMED[2]), "they have 91 for 2 labels"),
    }  # fmt: skip


@pytest.mark.parametrize("name", refusals())
def test_what_cannot_be_read_is_refused_with_what_was_seen_and_the_remedy(name: str) -> None:
    file, said = refusals()[name]
    with pytest.raises(UnusableModel, match=said):
        ServedModel(file, labels=() if b"names" in file else LABELS)


def documented() -> set[tuple[str, str, str]]:
    """The rows of the table of docs/onnx.md: exporter, version, layout or refused."""
    lines = PAGES["docs/onnx.md"].split("| exporter |")[1].split("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {(row[0], row[1], row[-1].split("`")[1] if row[-1][0] == "`" else "refused")
            for row in cells}  # fmt: skip


def test_the_table_of_the_docs_has_these_exports_and_no_other() -> None:
    tried = {(each.exporter, each.version, each.layout) for each in EXPORTS.values()}
    read = {row for row in documented() if row[-1] != "refused"}
    assert tried == read - {("`tilescout onnx train`", "any", "centres")}
    assert {layout for _, _, layout in read} == set(LAYOUTS)
