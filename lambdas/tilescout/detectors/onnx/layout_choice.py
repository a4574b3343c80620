"""The choice of a model's layout, by its metadata and the names and shapes of its outputs.

A width that happens to fit decides nothing: 300 x 6 may be boxes with a score and a class, four
sides with two scores, or four sides with objectness and one score. What the file does not tell is
left to a trial (`trial`), and what that cannot tell apart to a person.

Layouts are those of Ultralytics (https://docs.ultralytics.com/modes/export), DETR, RT-DETR and
D-FINE of their authors, RF-DETR and YOLOX.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from tilescout.errors import UnusableModel

Layout = Literal[
    "centres", "yolo-columns", "yolo-rows", "yolox", "end-to-end", "obb-columns", "obb-end-to-end",
    "rtdetr-rows", "rtdetr-end-to-end", "detr-sigmoid", "detr-softmax", "rf-detr",
    "boxes-and-labels",
]  # fmt: skip
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
DESCRIPTIONS: dict[Layout, str] = {
    "centres": "the project's own two maps",
    "yolo-columns": "1 x (4 + labels) x boxes of YOLOv8 and later",
    "yolo-rows": "1 x boxes x (5 + labels) of YOLOv5 to v7, decoded, values 0 to 1",
    "yolox": "1 x boxes x (5 + labels) of YOLOX, decoded, values 0 to 255, blue first",
    "end-to-end": "1 x boxes x 6: corners, score and class, of YOLOv10, 26 or nms=True",
    "obb-columns": "1 x (5 + labels) x boxes of oriented boxes, the angle last",
    "obb-end-to-end": "1 x boxes x 7: centre, size, score, class and angle of oriented boxes",
    "rtdetr-rows": "1 x boxes x (4 + labels) of RT-DETR by Ultralytics, ratios",
    "rtdetr-end-to-end": "1 x boxes x 6: ratios, score and class of RT-DETR by Ultralytics",
    "detr-sigmoid": "logits and pred_boxes with a column per label (RT-DETR, D-FINE)",
    "detr-softmax": "logits and pred_boxes with a last column for no object (DETR)",
    "rf-detr": "dets and labels of RF-DETR, with a label or - for each column; or logits and "
    "pred_boxes of a model that takes values normalised as ImageNet",
    "boxes-and-labels": "labels, boxes and scores of RT-DETR or D-FINE with their postprocessor",
}
MAX_QUERIES = 1000
"""Models that answer each object once answer with 100 to 900 rows; grids have thousands."""
STRIDES = (8, 16, 32)
ANCHORS_OF_V5 = 3
FAMILIES = {"RF-DETR": {"dets", "labels"}, "DETR": {"pred_boxes"},
            "RT-DETR or D-FINE": {"labels", "boxes", "scores"}}  # fmt: skip
"""Names of outputs by which a family is known."""
SHAPED = ("detect", "segment", "pose", "obb")
Shape = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output as the file declares it; None is a side of any length."""

    name: str
    type: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class Candidate:
    """A layout that the file may have, and the outputs in the order that it wants."""

    layout: Layout
    outputs: tuple[str, ...]


def family(outputs: tuple[Tensor, ...]) -> str:
    """Returns what the names of outputs tell of a model, for messages; empty where nothing."""
    names = {output.name for output in outputs}
    known = ((name, marks) for name, marks in FAMILIES.items() if marks <= names)
    return next((name for name, _ in known), "")


def candidates(
    metadata: Mapping[str, str],
    outputs: tuple[Tensor, ...],
    count: int,
    canvas: tuple[int, int] = (0, 0),
) -> tuple[Candidate, ...]:
    """Returns the layouts that a file of ``count`` labels may have, the likeliest first.

    ``canvas`` is width and height in px of a fixed input. Raises UnusableModel where there is none.
    """
    shapes = {output.name: output.shape for output in outputs}
    _refuse_other_tasks(metadata)
    found = _by_names(shapes, count) or _of_one_output(metadata, outputs, count, canvas)
    if not found:
        raise UnusableModel(_refusal(metadata, outputs, count))
    return found


def named(layout: Layout, outputs: tuple[Tensor, ...]) -> Candidate:
    """Returns the candidate for a layout that a person named."""
    names = {output.name for output in outputs}
    for wanted in (("pred_logits", "pred_boxes"), ("logits", "pred_boxes")):
        if layout in ("detr-sigmoid", "detr-softmax", "rf-detr") and names >= set(wanted):
            return Candidate(layout, wanted)
    if layout == "rf-detr" and names >= {"dets", "labels"}:
        return Candidate(layout, ("labels", "dets"))
    if layout == "boxes-and-labels" and names >= {"labels", "boxes", "scores"}:
        return Candidate(layout, ("labels", "boxes", "scores"))
    if layout in ("centres", "detr-sigmoid", "detr-softmax", "rf-detr", "boxes-and-labels"):
        raise UnusableModel(
            f"layout {layout} is {DESCRIPTIONS[layout]}; this model has the outputs "
            f"{', '.join(sorted(names))}; name another --layout"
        )
    return Candidate(layout, (outputs[0].name,))


def _refuse_other_tasks(metadata: Mapping[str, str]) -> None:
    task = metadata.get("task", "detect")
    if task not in SHAPED:
        raise UnusableModel(
            f"a model must detect objects; the metadata of this one say task {task!r}; export one "
            f"that was trained for {', '.join(SHAPED)}"
        )


def _by_names(shapes: Mapping[str, Shape], count: int) -> tuple[Candidate, ...]:
    """Returns candidates for files with several outputs, whose names tell."""
    for logits in ("logits", "pred_logits"):
        if {logits, "pred_boxes"} <= shapes.keys():
            layout = _detr(shapes[logits], count)
            return (Candidate(layout, (logits, "pred_boxes")),)
    if {"dets", "labels"} <= shapes.keys() and len(shapes["labels"]) == 3:
        _check_rf_detr(shapes["labels"][-1], count)
        return (Candidate("rf-detr", ("labels", "dets")),)
    if {"labels", "boxes", "scores"} <= shapes.keys():
        return (Candidate("boxes-and-labels", ("labels", "boxes", "scores")),)
    return ()


def _detr(logits: Shape, count: int) -> Layout:
    classes = logits[-1]
    if classes == count:
        return "detr-sigmoid"
    if classes == count + 1:
        return "detr-softmax"
    raise UnusableModel(
        f"logits have a column for each label, and perhaps one for no object; they have {classes} "
        f"for {count} labels; give the labels in the order of the classes with --labels"
    )


def _check_rf_detr(columns: int | None, count: int) -> None:
    if columns != count:
        raise UnusableModel(
            f"the layout is rf-detr, whose labels have a column more than there are classes, the "
            f"first or the last; here {columns} for {count} labels; give a label for each column, "
            "and - for the one that is not used: --labels valve,-"
        )


def _of_one_output(
    metadata: Mapping[str, str],
    outputs: tuple[Tensor, ...],
    count: int,
    canvas: tuple[int, int],
) -> tuple[Candidate, ...]:
    """Returns candidates for files whose first output holds boxes and scores together."""
    first = outputs[0]
    if len(first.shape) != 3:
        return ()
    rows, columns = first.shape[1:]
    layouts = (
        _of_ultralytics(metadata, rows, columns, count)
        if _is_ultralytics(metadata)
        else _of_shape(metadata, first, count, canvas)
    )
    return tuple(Candidate(layout, (first.name,)) for layout in layouts)


def _is_ultralytics(metadata: Mapping[str, str]) -> bool:
    return "task" in metadata or "ultralytics" in metadata.get("author", "").lower()


def _is_end_to_end(metadata: Mapping[str, str]) -> bool:
    """Tells if the metadata say that each object is answered once."""
    if metadata.get("end2end", "").lower() == "true":
        return True
    try:
        arguments = ast.literal_eval(metadata.get("args", "{}"))
    except (ValueError, SyntaxError):
        return False
    return isinstance(arguments, dict) and bool(arguments.get("nms"))


def _of_ultralytics(
    metadata: Mapping[str, str], rows: int | None, columns: int | None, count: int
) -> list[Layout]:
    """Returns layouts of YOLOv8 and later, and of RT-DETR, whose files say their task."""
    if _is_rtdetr(metadata):
        return _of_rtdetr(metadata, columns, count)
    if metadata.get("task") == "obb":
        return _of_obb(metadata, rows, columns, count)
    if _is_end_to_end(metadata):
        return ["end-to-end"] if columns is not None and columns >= 6 else []
    if _are_columns(rows, columns, 4 + count, metadata):
        return ["yolo-columns"]
    is_short = rows is None or rows <= MAX_QUERIES
    return ["end-to-end"] if columns == 6 and is_short else []


def _is_rtdetr(metadata: Mapping[str, str]) -> bool:
    told = f"{metadata.get('head', '')} {metadata.get('description', '')}".lower()
    return "rtdetr" in told.replace("-", "")


def _of_rtdetr(metadata: Mapping[str, str], columns: int | None, count: int) -> list[Layout]:
    """Returns layouts of RT-DETR: both have six columns for two labels; newer files tell theirs."""
    layouts: list[Layout] = []
    if columns == 6:
        layouts.append("rtdetr-end-to-end")
    if columns == 4 + count:
        layouts.append("rtdetr-rows")
    return layouts if len(layouts) < 2 or "head" not in metadata else layouts[:1]


def _of_obb(
    metadata: Mapping[str, str], rows: int | None, columns: int | None, count: int
) -> list[Layout]:
    if rows == 5 + count and (columns is None or columns > MAX_QUERIES):
        return ["obb-columns"]
    is_short = rows is None or rows <= MAX_QUERIES
    return ["obb-end-to-end"] if columns == 7 and (is_short or _is_end_to_end(metadata)) else []


def _are_columns(
    rows: int | None, columns: int | None, wanted: int, metadata: Mapping[str, str]
) -> bool:
    """Tells if boxes are columns; masks and key points add rows behind the scores."""
    if rows is None or (columns is not None and columns < rows):
        return False
    has_more = metadata.get("task") in ("segment", "pose")
    return rows > wanted if has_more else rows == wanted


def _of_shape(
    metadata: Mapping[str, str], output: Tensor, count: int, canvas: tuple[int, int]
) -> list[Layout]:
    """Returns layouts of files that say nothing of themselves but perhaps their labels."""
    rows, columns = output.shape[1:]
    if rows == 4 + count and (columns is None or columns >= rows):
        return ["yolo-columns"]
    if rows is not None and rows <= MAX_QUERIES and columns == 6:
        return ["end-to-end", "rtdetr-rows"] if count == 2 else ["end-to-end"]
    if columns != 5 + count:
        return []
    cells = sum((canvas[0] // stride) * (canvas[1] // stride) for stride in STRIDES)
    if cells and rows == cells:
        return _of_one_box_per_cell(output.name)
    return ["yolo-rows"] if "names" in metadata else _of_grid(rows, cells)


def _of_one_box_per_cell(name: str) -> list[Layout]:
    """Returns YOLOX, YOLOv6 or both: they take other values, and name their output differently."""
    known: dict[str, list[Layout]] = {"output": ["yolox"], "outputs": ["yolo-rows"]}
    return known.get(name, ["yolox", "yolo-rows"])


def _of_grid(rows: int | None, cells: int) -> list[Layout]:
    """Returns layouts of a grid; YOLOv5 has three boxes per cell, if the cells' number is told."""
    if not cells or rows is None or rows < ANCHORS_OF_V5 * cells:
        return ["yolo-rows", "yolox"]
    return ["yolo-rows"]


def _refusal(metadata: Mapping[str, str], outputs: tuple[Tensor, ...], count: int) -> str:
    said = ", ".join(f"{output.name} {shown(output.shape)}" for output in outputs)
    told = ", ".join(f"{name} {metadata[name][:40]!r}" for name in ("task", "head", "end2end")
                     if name in metadata)  # fmt: skip
    return (
        f"with {count} label{'s' * (count != 1)}, an output is 1 x {4 + count} x boxes (YOLOv8, "
        f"v11), 1 x boxes x {5 + count} (YOLOv5), 1 x boxes x 6 (end to end), or logits and "
        f"pred_boxes (DETR); this model has {said}{f' and says {told}' if told else ''}; check the "
        "labels, and export it for inference: Ultralytics by format=onnx, YOLOX with "
        "--decode_in_inference, RT-DETR by tools/export_onnx.py"
    )


def shown(shape: Shape) -> str:
    """Returns a shape as a person writes it."""
    return " x ".join("any" if side is None else str(side) for side in shape)
