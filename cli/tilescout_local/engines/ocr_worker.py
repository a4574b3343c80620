"""A process that reads text: it receives an alphabet with an encoded image and sends lines as
JSON."""

from __future__ import annotations

import io
import json
import sys

import numpy as np
from PIL import Image

from tilescout_local.engines.ocr import TextReader
from tilescout_local.engines.text_reading import parse_request, to_json
from tilescout_local.processes.framing import Channel


def main() -> None:
    # The services' own limit of 10,000 px per side has been checked before an image comes here.
    Image.MAX_IMAGE_PIXELS = None
    channel = Channel(int(sys.argv[1]))
    reader = TextReader()
    while (request := channel.receive()) is not None:
        alphabet, encoded = parse_request(request)
        with Image.open(io.BytesIO(encoded)) as image:
            blue_green_red = np.asarray(image.convert("RGB"))[:, :, ::-1]
        reading = reader.read_image(np.ascontiguousarray(blue_green_red), alphabet)
        channel.send(json.dumps(to_json(reading)).encode())


if __name__ == "__main__":
    main()
