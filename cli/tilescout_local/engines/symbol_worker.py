"""One process that finds symbols: a frame with a model and an image in, labels as JSON out."""

from __future__ import annotations

import json
import sys
from functools import lru_cache
from pathlib import Path

from tilescout_local.engines.symbol_onnx import SymbolFinder
from tilescout_local.processes.framing import Channel

MODELS_LOADED = 3
NEXT = b"\0"


def frame(model: Path, image: bytes) -> bytes:
    """What the process is asked: the file of the model, then the encoded image."""
    return str(model).encode() + NEXT + image


@lru_cache(maxsize=MODELS_LOADED)
def _finder(model: str) -> SymbolFinder:
    return SymbolFinder(Path(model))


def main() -> None:
    channel = Channel(int(sys.argv[1]))
    while (asked := channel.receive()) is not None:
        model, _, image = asked.partition(NEXT)
        found = _finder(model.decode()).find(image)
        rows = [(each.name, each.confidence, each.box) for each in found]
        channel.send(json.dumps(rows).encode())


if __name__ == "__main__":
    main()
