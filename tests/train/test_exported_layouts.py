"""Models of other families, exported by torch, answer as they do in torch's own hands."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from tilescout.detectors.onnx.layout_choice import Layout
from tilescout.detectors.onnx.model import ServedModel

CELL = 32
LABELS = ("ink", "paper")
BLOT = (64, 128, 128, 192)
"""Left, top, right, bottom px of a black square that covers four cells."""


class Cells(nn.Module):
    """Detects every cell of 32 px that is black: n boxes of centre and size, and their
    confidences."""

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        ink = 1 - functional.avg_pool2d(images.mean(dim=1, keepdim=True), CELL)
        ones = torch.ones_like(ink)
        x = (torch.cumsum(ones, dim=3) - 0.5) * CELL
        y = (torch.cumsum(ones, dim=2) - 0.5) * CELL
        boxes = torch.cat((x, y, ones * CELL, ones * CELL), dim=1).flatten(2).transpose(1, 2)
        return boxes, ink.flatten(2).transpose(1, 2)


class YoloColumns(Cells):
    def forward(self, images: torch.Tensor) -> Any:
        boxes, ink = super().forward(images)
        return torch.cat((boxes, 0.9 * ink, 0 * ink), dim=2).transpose(1, 2)


class YoloRows(Cells):
    def forward(self, images: torch.Tensor) -> Any:
        boxes, ink = super().forward(images)
        return torch.cat((boxes, 0.9 * ink, torch.ones_like(ink), 0 * ink), dim=2)


class Detr(Cells):
    """A DETR; with ``nothing`` it has a third class under softmax, and values were normalised for
    it."""

    def __init__(self, *, nothing: bool) -> None:
        super().__init__()
        self.nothing = nothing
        self.register_buffer("mean", torch.tensor((0.485, 0.456, 0.406))[None, :, None, None])
        self.register_buffer("deviation", torch.tensor((0.229, 0.224, 0.225))[None, :, None, None])

    def forward(self, images: torch.Tensor) -> Any:
        if self.nothing:
            images = images * self.deviation + self.mean
        boxes, ink = super().forward(images)
        # Counted, not asked for: a number would be frozen in the exported graph.
        width, height = (
            torch.ones_like(line).sum() for line in (images[0, 0, 0], images[0, 0, :, 0])
        )
        boxes = boxes / torch.stack((width, height, width, height))
        sure, never = 20 * ink - 17.8, torch.full_like(ink, -30.0)
        if not self.nothing:
            return torch.cat((sure, never), dim=2), boxes
        return torch.cat((sure, never, torch.zeros_like(ink)), dim=2), boxes


def exported(model: nn.Module, names: list[str], side: int, *, dynamic: bool) -> bytes:
    file = io.BytesIO()
    axes = {"images": {2: "height", 3: "width"}} if dynamic else None
    torch.onnx.export(
        model.eval(),
        (torch.zeros(1, 3, side, side),),
        file,
        input_names=["images"],
        output_names=names,
        dynamic_axes=axes,
        dynamo=False,
    )
    return file.getvalue()


FAMILIES: dict[Layout, tuple[Callable[[], nn.Module], list[str]]] = {
    "yolo-columns": (YoloColumns, ["output0"]),
    "yolo-rows": (YoloRows, ["output0"]),
    "detr-sigmoid": (lambda: Detr(nothing=False), ["logits", "pred_boxes"]),
    "detr-softmax": (lambda: Detr(nothing=True), ["logits", "pred_boxes"]),
}


def tile(side: int) -> NDArray[np.uint8]:
    image = np.full((side, side), 255, dtype=np.uint8)
    left, top, right, bottom = BLOT
    image[top:bottom, left:right] = 0
    return image


def cells(scale: int = 1) -> list[list[int]]:
    left, top, right, bottom = BLOT
    side = CELL * scale
    return sorted(
        [x, y, x + side, y + side]
        for x in range(left, right, side)
        for y in range(top, bottom, side)
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("layout", FAMILIES)
@pytest.mark.parametrize(
    ("side", "dynamic", "given", "scale"),
    [(256, False, 256, 1), (256, False, 200, 1), (128, False, 256, 2), (128, True, 320, 1)],
    ids=["as large", "smaller", "twice as large", "of any size"],
)
def test_an_exported_model_finds_what_is_there(
    layout: Layout, side: int, dynamic: bool, given: int, scale: int
) -> None:
    model, names = FAMILIES[layout]
    file = exported(model(), names, side, dynamic=dynamic)
    served = ServedModel(file, labels=LABELS)
    found = served.find(tile(given), 50.0)
    assert served.card.layout == layout
    assert sorted([round(s) for s in box] for box in found.boxes.tolist()) == cells(scale)
    assert set(found.labels.tolist()) == {0}
    assert found.confidences.tolist() == pytest.approx([90] * len(cells(scale)), abs=0.5)


class Half(nn.Module):
    """A model whose input and outputs are of half precision."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: torch.Tensor) -> Any:
        outputs = self.model(images.float())
        return tuple(map(_halved, outputs)) if isinstance(outputs, tuple) else _halved(outputs)


def _halved(output: torch.Tensor) -> torch.Tensor:
    return output.half()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("layout", FAMILIES)
@pytest.mark.parametrize("given", [256, 512], ids=["as large", "twice as large"])
def test_a_model_of_half_precision_finds_the_same(layout: Layout, given: int) -> None:
    model, names = FAMILIES[layout]
    file = io.BytesIO()
    torch.onnx.export(
        Half(model()).eval(), (torch.zeros(1, 3, 256, 256, dtype=torch.half),), file,
        input_names=["images"], output_names=names, dynamo=False,
    )  # fmt: skip
    served = ServedModel(file.getvalue(), labels=LABELS)
    found = served.find(tile(given), 50.0)
    assert (served.card.layout, served.card.input.type) == (layout, "float16")
    assert sorted([round(s) for s in box] for box in found.boxes.tolist()) == cells(given // 256)
    assert found.confidences.tolist() == pytest.approx([90] * len(found.labels), abs=0.5)
    assert found.boxes.dtype == np.float32
