"""The protocol of the rendering child: frames of a JSON header and bytes, with lengths."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal

LENGTHS = struct.Struct(">II")
MAX_HEADER_BYTES = 256 * 1024 * 1024
MAX_PAYLOAD_BYTES = 64 * 1024 * 1024

FrameKind = Literal["tile", "result", "error", "begun", "ended"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One message of the child; ``payload`` is a tile's encoded image or empty.

    "begun" and "ended" are said by the process that forks the children, before one begins and when
    one has ended as it should.
    """

    kind: FrameKind
    value: dict[str, Any] = field(default_factory=dict)
    payload: bytes = b""


def write_frame(stream: BinaryIO, frame: Frame) -> None:
    """Writes one frame and flushes."""
    header = json.dumps([frame.kind, frame.value]).encode()
    stream.write(LENGTHS.pack(len(header), len(frame.payload)))
    stream.write(header)
    stream.write(frame.payload)
    stream.flush()


def read_frame(read: Callable[[int], bytes]) -> Frame:
    """Returns the next frame; ``read`` returns exactly as many bytes as asked or raises.

    Raises ValueError where the lengths are impossible: the child wrote no frame.
    """
    header_bytes, payload_bytes = LENGTHS.unpack(read(LENGTHS.size))
    if header_bytes > MAX_HEADER_BYTES or payload_bytes > MAX_PAYLOAD_BYTES:
        raise ValueError(f"a frame of {header_bytes} and {payload_bytes} bytes is too long")
    kind, value = json.loads(read(header_bytes))
    return Frame(kind, value, read(payload_bytes))
