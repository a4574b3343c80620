"""One process that finds the sample's symbols: image bytes in, labels as JSON out."""

from __future__ import annotations

import json
import sys

from tilescout_local.engines.symbol_onnx import SymbolFinder
from tilescout_local.frames import Channel


def main() -> None:
    channel = Channel(int(sys.argv[1]))
    finder = SymbolFinder()
    while (image := channel.receive()) is not None:
        found = [(each.name, each.confidence, each.box) for each in finder.find(image)]
        channel.send(json.dumps(found).encode())


if __name__ == "__main__":
    main()
