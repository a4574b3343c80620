"""The network as an ONNX file, and back: the file holds all that a further training needs.

Written node by node: torch's exporters need a second package of their own, take half a minute and
rename the weights.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from tilescout.detectors.onnx.answers import ModelCard, model_card
from tilescout.errors import UnusableModel
from tilescout_train.network import MAX_LOG_SIDE, MEAN_SIDE_PX, WIDTHS, SymbolNet
from tilescout_train.training import Weights, take_over

OPSET = 18
IR_VERSION = 8
"""Read by every onnxruntime from 1.14 on."""


def to_onnx(network: SymbolNet, card: ModelCard) -> bytes:
    """The file: input ``image``, outputs ``scores`` and ``sides``, the card as metadata."""
    graph = _Graph(network)
    scores, sides = graph.maps("image")
    image = helper.make_tensor_value_info("image", TensorProto.UINT8, ["images", 1, "H", "W"])
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["images", count, "h", "w"])
        for name, count in ((scores, len(card.labels)), (sides, 4))
    ]
    drawn = helper.make_graph(graph.nodes, "SymbolNet", [image], outputs, graph.constants)
    model = helper.make_model(
        drawn,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="tilescout",
    )
    helper.set_model_props(model, card.to_metadata())
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def read_onnx(path: Path) -> tuple[ModelCard, Weights]:
    """The card and the weights of a file that `to_onnx` wrote. Raises UnusableModel."""
    try:
        model = onnx.load(path)
    except (OSError, ValueError, onnx.checker.ValidationError) as error:
        raise UnusableModel(
            f"the model to go on from must be an ONNX file; {path} is not ({error}); give a file "
            "that tilescout onnx train wrote"
        ) from error
    card = model_card({each.key: each.value for each in model.metadata_props})
    weights = {
        each.name: torch.from_numpy(numpy_helper.to_array(each).copy())
        for each in model.graph.initializer
    }
    return card, weights


def read_weights(path: Path, labels: tuple[str, ...]) -> Weights:
    """Weights to go on from; those of a label that is in both models stay with it.

    Raises UnusableModel.
    """
    card, weights = read_onnx(path)
    fresh = SymbolNet(len(labels)).state_dict()
    moved = dict(weights)
    for name in ("scores.weight", "scores.bias"):
        rows = fresh[name].clone()
        for at, label in enumerate(labels):
            if label in card.labels:
                rows[at] = weights[name][card.labels.index(label)]
        moved[name] = rows
    return moved


def network_of(card: ModelCard, weights: Weights) -> SymbolNet:
    """The network with these weights, ready to find."""
    network = SymbolNet(len(card.labels))
    take_over(network, weights)
    network.eval()
    return network


class _Graph:
    """Nodes and constants of the network; weights keep the names that torch gives them."""

    def __init__(self, network: SymbolNet) -> None:
        self._modules = dict(network.named_modules())
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                self._constant(name, value)

    def maps(self, image: str) -> tuple[str, str]:
        """Mirrors ``SymbolNet.forward``."""
        ink = self._add(
            "Sub",
            self._number("one", 1.0),
            self._add(
                "Div", self._add("Cast", image, to=TensorProto.FLOAT), self._number("white", 255.0)
            ),
        )
        levels = []
        found = self._layer(ink, "stem")
        for name in ("fine", "middle", "coarse", "coarsest"):
            found = self._stage(found, name)
            levels.append(found)
        found = self._convolved(levels[-1], f"across.{len(WIDTHS) - 2}")
        for level in (2, 1, 0):
            across = self._convolved(levels[level], f"across.{level}")
            found = self._add("Add", across, self._twice(found))
        features = self._layer(self._layer(found, "smooth"), "head")
        bounded = self._add(
            "Clip",
            self._convolved(features, "sides"),
            self._number("least", -MAX_LOG_SIDE),
            self._number("most", MAX_LOG_SIDE),
        )
        self._add("Sigmoid", self._convolved(features, "scores"), to_name="scores")
        self._add(
            "Mul", self._add("Exp", bounded), self._number("mean", MEAN_SIDE_PX), to_name="sides"
        )
        return "scores", "sides"  # fmt: skip

    def _stage(self, found: str, name: str) -> str:
        found = self._layer(found, f"{name}.0")
        if f"{name}.1.first" not in self._modules:
            return self._layer(found, f"{name}.1")
        second = self._normed(self._layer(found, f"{name}.1.first"), f"{name}.1.second")
        return self._add("Relu", self._add("Add", found, second))

    def _layer(self, found: str, name: str) -> str:
        return self._add("Relu", self._normed(found, name))

    def _normed(self, found: str, name: str) -> str:
        values = ("weight", "bias", "running_mean", "running_var")
        norm = self._modules[f"{name}.1"]
        assert isinstance(norm, nn.BatchNorm2d)
        found = self._convolved(found, f"{name}.0")
        weights = [f"{name}.1.{value}" for value in values]
        return self._add("BatchNormalization", found, *weights, epsilon=norm.eps)

    def _convolved(self, found: str, name: str) -> str:
        layer = self._modules[name]
        assert isinstance(layer, nn.Conv2d)
        weights = [f"{name}.weight"] + ([f"{name}.bias"] if layer.bias is not None else [])
        return self._add(
            "Conv", found, *weights, kernel_shape=list(layer.kernel_size),
            strides=list(layer.stride), pads=2 * list(map(int, layer.padding)),
        )  # fmt: skip

    def _twice(self, found: str) -> str:
        """Returns the name of every cell as four; the second input, a region, is not used."""
        if "double" not in {each.name for each in self.constants}:
            self._constant("double", torch.tensor([1.0, 1.0, 2.0, 2.0]))
        return self._add(
            "Resize", found, "", "double", mode="nearest", nearest_mode="floor",
            coordinate_transformation_mode="asymmetric",
        )  # fmt: skip

    def _number(self, name: str, value: float) -> str:
        self._constant(name, torch.tensor(value))
        return name

    def _constant(self, name: str, value: Tensor) -> None:
        array = value.detach().cpu().numpy().astype(np.float32)
        self.constants.append(numpy_helper.from_array(array, name))

    def _add(self, operator: str, *inputs: str, to_name: str = "", **attributes: object) -> str:
        name = to_name or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name
