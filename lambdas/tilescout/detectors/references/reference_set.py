"""A set of references: pictures of symbols by class, in the metadata of a detector's file.

An ONNX file is a message of Protocol Buffers, in which a repeated field goes on wherever it is
written: the set is appended to the detector's file, and the whole is an ONNX file still.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilescout.detectors.references.likeness import EMBEDDED_PX
from tilescout.errors import UnusableModel

KEY = "references"
"""The name of the set in the metadata."""
FORMAT = "tilescout-references/1"
UNKNOWN = "unknown"
"""The label of what is like no reference."""
MIN_LIKENESS = 0.65
"""Likeness (0 to 1) under which a symbol is unknown. It was chosen on made glyphs."""
_METADATA_FIELD = 14
_KEY_FIELD, _VALUE_FIELD = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceSet:
    """Pictures of symbols: ``ink`` n x 48 x 48 (0 to 255), ``names`` n, and ``sizes`` n x 2 (width
    and height, px at ``dpi``).

    ``embedding`` is the ONNX file that compares them. What is less alike than ``min_likeness``
    (0 to 1) to each of them is unknown. Where ``sizes_count``, they are those of the drawings that
    are looked at, and tell classes apart.
    """

    names: tuple[str, ...]
    ink: NDArray[np.uint8]
    sizes: NDArray[np.float32]
    dpi: int
    embedding: bytes
    min_likeness: float = MIN_LIKENESS
    sizes_count: bool = False

    @property
    def classes(self) -> tuple[str, ...]:
        """The names, each once, sorted."""
        return tuple(sorted(set(self.names)))

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that detections may have."""
        return (*self.classes, UNKNOWN)


def with_references(detector: bytes, references: ReferenceSet) -> bytes:
    """Returns the detector's ONNX file with the set in its metadata.

    Raises UnusableModel for a file that has one already, which would be ambiguous.
    """
    if f'"format": "{FORMAT}"'.encode() in detector:
        raise UnusableModel(
            "references are added to a detector without any; this file has some; give the "
            "detector that it was made with"
        )
    entry = _field(_KEY_FIELD, KEY.encode()) + _field(
        _VALUE_FIELD, _text(references, len(detector)).encode()
    )
    return detector + _field(_METADATA_FIELD, entry)


def without_references(file: bytes, metadata: Mapping[str, str]) -> bytes:
    """Returns the detector's file as it was before a set was added."""
    return file[: int(json.loads(metadata[KEY])["detector_bytes"])]


def _text(references: ReferenceSet, detector_bytes: int) -> str:
    return json.dumps({
        "format": FORMAT,
        "detector_bytes": detector_bytes,
        "names": references.names,
        "ink": _packed(references.ink.tobytes()),
        "sizes": np.round(references.sizes, 2).tolist(),
        "dpi": references.dpi,
        "min_likeness": references.min_likeness,
        "sizes_count": references.sizes_count,
        "embedding": _packed(references.embedding),
    })  # fmt: skip


def references_in(metadata: Mapping[str, str]) -> ReferenceSet | None:
    """Returns the set in a file's metadata; None where there is none. Raises UnusableModel."""
    if KEY not in metadata:
        return None
    try:
        return _read(json.loads(metadata[KEY]))
    except (KeyError, TypeError, ValueError, zlib.error) as error:
        raise UnusableModel(
            f"references in a model must be whole and of format {FORMAT}; these are not "
            f"({error}); make the set again with `tilescout references make`"
        ) from error


def _read(told: dict[str, Any]) -> ReferenceSet:
    if told["format"] != FORMAT:
        raise ValueError(f"their format is {told['format']}")
    ink = np.frombuffer(_unpacked(told["ink"]), dtype=np.uint8)
    return ReferenceSet(
        names=tuple(told["names"]),
        ink=ink.reshape(len(told["names"]), EMBEDDED_PX, EMBEDDED_PX),
        sizes=np.array(told["sizes"], dtype=np.float32).reshape(-1, 2),
        dpi=int(told["dpi"]),
        embedding=_unpacked(told["embedding"]),
        min_likeness=float(told["min_likeness"]),
        sizes_count=bool(told["sizes_count"]),
    )


def _packed(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content, 9)).decode()


def _unpacked(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited field of Protocol Buffers."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    head, rest = value & 0x7F, value >> 7
    return bytes([head | 0x80]) + _varint(rest) if rest else bytes([head])
