"""ONNX files of given outputs, written without the package onnx, which the fast tests do not need.

Field numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilescout.detectors.onnx.layout_choice import Shape, Tensor

SIDE = 640
FLOAT, LONG = "tensor(float)", "tensor(int64)"
IMAGES = Tensor("images", FLOAT, (1, 3, SIDE, SIDE))
NUMBERS = {"tensor(float)": 1, "tensor(uint8)": 2, "tensor(int64)": 7, "tensor(float16)": 10}
"""Types of tensors as ONNX numbers them."""
DTYPES = {"tensor(float)": "<f4", "tensor(float16)": "<f2", "tensor(int64)": "<i8"}
IR_VERSION, OPSET = 8, 18


@dataclass(frozen=True)
class Brightness:
    """An output that is its array and the mean of all values of the image where that is over
    ``least``, and far below where it is not."""

    array: NDArray[Any]
    least: float


Output = NDArray[Any] | Brightness


def model_file(
    outputs: Mapping[str, Output],
    metadata: Mapping[str, str] | None = None,
    inputs: Sequence[Tensor] = (IMAGES,),
    kind: str = FLOAT,
    dynamic: Sequence[int] = (),
) -> bytes:
    """Returns a file that answers always ``outputs``, of type ``kind`` but for whole numbers.

    Sides of outputs in ``dynamic`` are declared as of any length.
    """
    graph = b"".join(_output(name, each, kind, inputs[0].name) for name, each in outputs.items())
    graph += _field(2, b"graph")
    graph += b"".join(_field(11, _value(each.name, each.type, each.shape)) for each in inputs)
    for name, each in outputs.items():
        array = _array(each, kind)
        shape = tuple(None if at in dynamic else side for at, side in enumerate(array.shape))
        graph += _field(12, _value(name, _type_of(array), shape))
    told = (_field(1, key.encode()) + _field(2, value.encode())
            for key, value in (metadata or {}).items())  # fmt: skip
    return (
        _number(1, IR_VERSION)
        + _field(7, graph)
        + _field(8, _number(2, OPSET))
        + b"".join(_field(14, entry) for entry in told)
    )


def _output(name: str, output: Output, kind: str, image: str) -> bytes:
    """Returns the nodes and constants of an output."""
    array = _array(output, kind)
    constant = _field(5, _tensor(f"{name}-is", array))
    if not isinstance(output, Brightness):
        return _node("Identity", [f"{name}-is"], name) + constant
    least = np.float32(output.least).reshape(())
    fall = np.float32(1000).reshape(())
    nodes = [
        _node("ReduceMean", [image], f"{name}-mean", keepdims=0),
        _node("Sub", [f"{name}-mean", f"{name}-least"], f"{name}-over"),
        _node("Mul", [f"{name}-over", f"{name}-fall"], f"{name}-far"),
        _node("Min", [f"{name}-far", f"{name}-mean"], f"{name}-dark"),
        _node("Add", [f"{name}-is", f"{name}-dark"], name),
    ]
    numbers = {"least": least, "fall": fall}
    more = (_field(5, _tensor(f"{name}-{key}", value)) for key, value in numbers.items())
    return b"".join(nodes) + constant + b"".join(more)


def _array(output: Output, kind: str) -> NDArray[Any]:
    array = output.array if isinstance(output, Brightness) else output
    is_whole = np.issubdtype(array.dtype, np.integer)
    return np.asarray(array, dtype=DTYPES[LONG if is_whole else kind], order="C")


def _type_of(array: NDArray[Any]) -> str:
    return next(kind for kind, dtype in DTYPES.items() if array.dtype == np.dtype(dtype))


def _node(kind: str, inputs: Sequence[str], output: str, **attributes: int) -> bytes:
    told = (_field(5, _field(1, key.encode()) + _number(3, value) + _number(20, 2))
            for key, value in attributes.items())  # fmt: skip
    names = b"".join(_field(1, name.encode()) for name in inputs)
    return _field(1, names + _field(2, output.encode()) + _field(4, kind.encode()) + b"".join(told))


def _tensor(name: str, array: NDArray[Any]) -> bytes:
    sides = b"".join(_number(1, side) for side in array.shape)
    kind = _number(2, NUMBERS[_type_of(array)])
    return sides + kind + _field(8, name.encode()) + _field(9, array.tobytes())


def _value(name: str, kind: str, shape: Shape) -> bytes:
    sides = (
        _field(2, f"side{at}".encode()) if side is None else _number(1, side)
        for at, side in enumerate(shape)
    )
    dims = b"".join(_field(1, side) for side in sides)
    declared = _field(1, _number(1, NUMBERS[kind]) + _field(2, dims))
    return _field(1, name.encode()) + _field(2, declared)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _field(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    head, rest = value & 0x7F, value >> 7
    return bytes([head | 0x80]) + _varint(rest) if rest else bytes([head])
