"""The embedding: six layers that turn a picture of 48 x 48 px into a direction of 64 numbers.

Two pictures of one class point the same way. 140 thousand parameters.
"""

from __future__ import annotations

import io

import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from tilescout.detectors.references.likeness import EMBEDDED_PX

WIDTHS = ((1, 16, 2), (16, 32, 1), (32, 48, 2), (48, 48, 1), (48, 64, 2), (64, 64, 2))
"""Channels in, channels out and stride of each layer."""
NUMBERS = 64
OPSET = 18
IR_VERSION = 8


class GlyphNet(nn.Module):
    """Grey pictures (n x 1 x 48 x 48, 0 to 255, paper white) to n x 64 of length 1."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(nn.Conv2d(inside, outside, 3, stride, 1, bias=False),
                          nn.BatchNorm2d(outside))
            for inside, outside, stride in WIDTHS
        )  # fmt: skip
        cells = EMBEDDED_PX // 16
        self.last = nn.Linear(cells * cells * WIDTHS[-1][1], NUMBERS)

    def forward(self, pictures: Tensor) -> Tensor:
        found = 1 - pictures / 255
        for layer in self.layers:
            found = functional.relu(layer(found))
        return functional.normalize(self.last(found.flatten(1)))


def to_onnx(network: GlyphNet) -> bytes:
    """Returns the file: input ``pictures``, output ``directions``."""
    graph = _Graph(network)
    pictures = helper.make_tensor_value_info(
        "pictures", TensorProto.FLOAT, ["n", 1, EMBEDDED_PX, EMBEDDED_PX]
    )
    directions = helper.make_tensor_value_info("directions", TensorProto.FLOAT, ["n", NUMBERS])
    graph.draw()
    drawn = helper.make_graph(graph.nodes, "GlyphNet", [pictures], [directions], graph.constants)
    model = helper.make_model(
        drawn, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION,
        producer_name="tilescout",
    )  # fmt: skip
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def from_onnx(file: bytes) -> GlyphNet:
    """Returns the network of a file that `to_onnx` wrote."""
    model = onnx.load_model(io.BytesIO(file))
    network = GlyphNet()
    weights = {
        each.name: torch.from_numpy(numpy_helper.to_array(each).copy())
        for each in model.graph.initializer
    }
    network.load_state_dict({**network.state_dict(), **_own(weights, network)})
    network.eval()
    return network


def _own(weights: dict[str, Tensor], network: GlyphNet) -> dict[str, Tensor]:
    return {name: value for name, value in weights.items() if name in network.state_dict()}


class _Graph:
    """Nodes and constants; weights keep the names that torch gives them."""

    def __init__(self, network: GlyphNet) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._network = network
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                self._constant(name, value)

    def draw(self) -> None:
        """Mirrors ``GlyphNet.forward``."""
        self._constant("one", torch.tensor(1.0))
        self._constant("white", torch.tensor(255.0))
        found = self._add("Sub", "one", self._add("Div", "pictures", "white"))
        for at, (_, _, stride) in enumerate(WIDTHS):
            found = self._layer(found, f"layers.{at}", stride)
        flat = self._add("Flatten", found, axis=1)
        answered = self._add("Gemm", flat, "last.weight", "last.bias", transB=1)
        self._add("LpNormalization", answered, to_name="directions", axis=1, p=2)

    def _layer(self, found: str, name: str, stride: int) -> str:
        found = self._add(
            "Conv", found, f"{name}.0.weight", kernel_shape=[3, 3], strides=[stride, stride],
            pads=[1, 1, 1, 1],
        )  # fmt: skip
        values = ("weight", "bias", "running_mean", "running_var")
        norm = [f"{name}.1.{value}" for value in values]
        return self._add("Relu", self._add("BatchNormalization", found, *norm, epsilon=1e-5))

    def _constant(self, name: str, value: Tensor) -> None:
        self.constants.append(numpy_helper.from_array(value.detach().float().numpy(), name))

    def _add(self, operator: str, *inputs: str, to_name: str = "", **attributes: object) -> str:
        name = to_name or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name
