"""One process that finds the sample's symbols: image bytes in, labels as JSON out."""

from __future__ import annotations

import io
import json
import sys

import cv2
import numpy as np
from PIL import Image

from tilescout_local.engines.symbol_matching import SymbolFinder
from tilescout_local.frames import Channel


def main() -> None:
    cv2.setNumThreads(1)
    channel = Channel(int(sys.argv[1]))
    finder = SymbolFinder()
    while (data := channel.receive()) is not None:
        with Image.open(io.BytesIO(data)) as image:
            grey = np.asarray(image.convert("L"))
        found = [(each.name, each.confidence, each.box) for each in finder.find(grey)]
        channel.send(json.dumps(found).encode())


if __name__ == "__main__":
    main()
