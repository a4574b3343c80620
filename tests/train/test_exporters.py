"""Files that other packages export are recognised, or refused by name.

Untrained weights suffice: the layout is told by metadata, names and shapes, and the surest box is
where the same weights have it in torch's own hands. Such a model finds no known symbol, and that
is told too.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.train.exporters import (
    SIDE,
    transformers_export,
    transformers_model,
    ultralytics_export,
    ultralytics_model,
)
from tilescout.detectors.onnx.model import ServedModel
from tilescout.errors import UnusableModel
from tilescout.profiles import Profile
from tilescout_cli.promotion import known_symbols

pytestmark = pytest.mark.filterwarnings("ignore")
PAGE: NDArray[np.uint8] = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE), np.uint8)
"""Noise: on white paper many cells would have the same score."""
NAMED = ("valve", "pump")


@pytest.fixture(autouse=True)
def _packages(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Ultralytics keeps its settings and exports in the folder; nothing is downloaded."""
    monkeypatch.setenv("YOLO_CONFIG_DIR", str(folder))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("YOLO_AUTOINSTALL", "false")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exports")


@pytest.fixture
def without_torchvision(monkeypatch: pytest.MonkeyPatch) -> None:
    """transformers imports torchvision where it is, and one that was built for CUDA cannot be
    imported beside a torch for the CPU."""
    monkeypatch.setitem(sys.modules, "torchvision", None)


COLUMNS = ("yolov5n", "yolov8n", "yolov9t", "yolov10n", "yolo11n", "yolo12n", "yolo26n",
           "yolov8n-seg", "yolov8n-pose")  # fmt: skip
TURNED = ("yolov8n-obb", "yolo11n-obb", "yolo26n-obb")
ONCE = {"end2end": True}


@pytest.mark.parametrize("labels", [1, 2])
@pytest.mark.parametrize(
    ("name", "arguments", "layout"),
    [
        *((name, {}, "yolo-columns") for name in COLUMNS),
        *((name, {}, "obb-columns") for name in TURNED),
        ("yolo11n", {"half": True}, "yolo-columns"),
        ("yolo11n", {"dynamic": True}, "yolo-columns"),
        ("yolo11n", {"batch": 4}, "yolo-columns"),
        ("yolov10n", ONCE, "end-to-end"),
        ("yolo26n", ONCE, "end-to-end"),
        ("yolo26n", ONCE | {"dynamic": True}, "end-to-end"),
        ("yolo26n-seg", ONCE, "end-to-end"),
        ("yolo26n-obb", ONCE, "obb-end-to-end"),
    ],
)
def test_an_export_of_ultralytics_is_recognised(
    name: str, arguments: dict[str, Any], layout: str, labels: int, folder: Path
) -> None:
    model = ultralytics_model(name, labels, folder)
    served = ServedModel(ultralytics_export(model, **arguments))
    assert (served.card.layout, len(served.card.labels)) == (layout, labels)
    assert served.card.input.batch == arguments.get("batch", 1)
    assert served.find(PAGE, 0.0).boxes.shape[1] == 4


@pytest.mark.parametrize("labels", [1, 2])
def test_rtdetr_of_ultralytics_is_recognised(labels: int, folder: Path) -> None:
    model = ultralytics_model("rtdetr-l", labels, folder)
    assert ServedModel(ultralytics_export(model)).card.layout == "rtdetr-end-to-end"


def test_a_classifier_of_ultralytics_is_refused_by_its_task(folder: Path) -> None:
    file = ultralytics_export(ultralytics_model("yolov8n-cls", 2, folder))
    with pytest.raises(UnusableModel, match="say task 'classify'"):
        ServedModel(file)


@pytest.mark.parametrize("name", ["yolov8n", "yolo11n", "yolo26n", "yolov8n-obb", "yolo11n-obb"])
def test_the_surest_box_is_where_ultralytics_has_it(name: str, folder: Path) -> None:
    model = ultralytics_model(name, 2, folder)
    box, angle, label = surest_of_ultralytics(model)
    answer = ServedModel(ultralytics_export(model)).find(PAGE, 0.0)
    assert answer.boxes[0].tolist() == pytest.approx(np.clip(box, 0, SIDE).tolist(), abs=0.1)
    assert answer.labels[0] == label
    if angle is not None:
        assert answer.angles is not None
        assert np.cos(2 * (np.radians(answer.angles[0]) - angle)) == pytest.approx(1, abs=1e-3)


def surest_of_ultralytics(model: Any) -> tuple[NDArray[Any], float | None, int]:
    """Returns the upright box, the direction of the longer side and the class of the row that
    Ultralytics' own functions make of the highest score."""
    from ultralytics.utils import nms, ops

    network = model.model.eval()
    pixels = torch.from_numpy(PAGE / np.float32(255)).expand(1, 3, SIDE, SIDE)
    with torch.no_grad():
        answer = network(pixels)
    rows = answer[0] if isinstance(answer, tuple) else answer
    is_turned = model.task == "obb"
    (kept,) = nms.non_max_suppression(rows, 1e-7, 0.99, nc=2, rotated=is_turned, max_det=10)
    first = kept[kept[:, 4].argmax()]
    if not is_turned:
        return first[:4].numpy(), None, int(first[5])
    turned = torch.cat((first[:4], first[6:7]))
    corners = ops.xywhr2xyxyxyxy(turned[None])[0].numpy()
    one, other = corners[0] - corners[1], corners[1] - corners[2]
    longer = max(one, other, key=np.linalg.norm)
    box = np.concatenate((corners.min(axis=0), corners.max(axis=0)))
    return box, float(np.arctan2(longer[1], longer[0])), int(first[5])


@pytest.mark.usefixtures("without_torchvision")
@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("RTDetr", "detr-sigmoid"),
        ("RTDetrV2", "detr-sigmoid"),
        ("DFine", "detr-sigmoid"),
        ("ConditionalDetr", "detr-sigmoid"),
        ("Detr", "detr-softmax"),
        ("Yolos", "detr-softmax"),
    ],
)
def test_an_export_of_transformers_is_recognised(name: str, layout: str) -> None:
    model = transformers_model(name, len(NAMED))
    served = ServedModel(transformers_export(model), labels=NAMED)
    assert served.card.layout == layout
    assert served.find(PAGE, 0.0).boxes.shape[1] == 4


@pytest.mark.usefixtures("without_torchvision")
def test_a_model_of_transformers_that_names_no_labels_asks_for_them() -> None:
    file = transformers_export(transformers_model("RTDetr", 2))
    with pytest.raises(UnusableModel, match=r"with --labels; its outputs are logits .*of DETR"):
        ServedModel(file)


@pytest.mark.usefixtures("without_torchvision")
def test_labels_that_do_not_fit_the_columns_are_refused() -> None:
    file = transformers_export(transformers_model("RTDetr", 3))
    with pytest.raises(UnusableModel, match="they have 3 for 1 labels"):
        ServedModel(file, labels=("valve",))


def test_an_untrained_model_is_told_to_find_none_of_the_known_symbols(folder: Path) -> None:
    model = ultralytics_model("yolov8n", 1, folder)
    model.model.names = {0: "pump"}
    served = ServedModel(ultralytics_export(model))
    profile = Profile(name="s", detector="onnx", dpi=150, tile_size=1024, overlap=128,
                      model_project="p")  # fmt: skip
    (told,) = known_symbols.warnings(served, profile)
    assert "symbols pump" in told
    assert "finds none where it is" in told
