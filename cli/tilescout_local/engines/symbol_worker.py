"""A process that finds symbols: it receives a model's path with an image and sends labels as
JSON."""

from __future__ import annotations

import json
import sys
from functools import lru_cache
from pathlib import Path

from tilescout_local.engines.symbol_detector import SymbolDetector
from tilescout_local.processes.framing import Channel

MODELS_LOADED = 3
SEPARATOR = b"\0"


def request_frame(model: Path, image: bytes) -> bytes:
    """Returns the request to the process: the path of the model, then the encoded image."""
    return str(model).encode() + SEPARATOR + image


@lru_cache(maxsize=MODELS_LOADED)
def _detector(model: str) -> SymbolDetector:
    return SymbolDetector(Path(model))


def main() -> None:
    channel = Channel(int(sys.argv[1]))
    while (request := channel.receive()) is not None:
        model, _, image = request.partition(SEPARATOR)
        labels = _detector(model.decode()).find(image)
        rows = [(label.name, label.confidence, label.box) for label in labels]
        channel.send(json.dumps(rows).encode())


if __name__ == "__main__":
    main()
