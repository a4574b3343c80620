"""Puts tiles with squares and discs, and Ground Truth manifests of them, into the embedded S3."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

SIDE = 128
BUCKET_OF_TILES = "shape-tiles"
LABELS = ("disc", "square")
Box = tuple[int, int, int, int]


def drawn(number: int) -> tuple[bytes, list[tuple[int, Box]]]:
    """Returns a tile with four squares and four discs of 16 to 24 px, and its boxes by their
    class."""
    chance = np.random.default_rng(number)
    image = Image.new("L", (SIDE, SIDE), 255)
    pen = ImageDraw.Draw(image)
    boxes = []
    for place in range(8):
        left = 30 * (place % 4) + int(chance.integers(2, 6))
        top = 30 * (place // 4) + int(chance.integers(2, 60))
        side = int(chance.integers(16, 24))
        corners = (left, top, left + side, top + side)
        (pen.rectangle if place % 2 else pen.ellipse)(corners, fill=0)
        boxes.append((place % 2, (left, top, side + 1, side + 1)))
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue(), boxes


def line(source: str, boxes: list[tuple[int, Box]], **others: Any) -> str:
    """Returns a line as SageMaker Ground Truth writes it."""
    sides = ("left", "top", "width", "height")
    row: dict[str, Any] = {
        "source-ref": source,
        "boxes": {
            "image_size": [{"width": SIDE, "height": SIDE, "depth": 1}],
            "annotations": [
                {"class_id": label, **dict(zip(sides, box, strict=True))} for label, box in boxes
            ],
        },
        "boxes-metadata": {
            "objects": [{"confidence": 1} for _ in boxes],
            "class-map": {str(number): name for number, name in enumerate(LABELS)},
            "type": "groundtruth/object-detection",
            "human-annotated": "yes",
            "creation-date": "2026-01-01T00:00:00",
            "job-name": "drawn",
        },
    }
    return json.dumps(row | others)


def stored(s3: Any, bucket: str, name: str, numbers: range) -> dict[str, Any]:
    """Puts tiles and their manifest into the bucket; returns the source of a dataset."""
    lines = []
    for number in numbers:
        image, boxes = drawn(number)
        key = f"tiles/{number}.png"
        s3.put_object(Bucket=bucket, Key=key, Body=image)
        lines.append(line(f"s3://{bucket}/{key}", boxes))
    return written(s3, bucket, name, lines)


def written(s3: Any, bucket: str, name: str, lines: list[str]) -> dict[str, Any]:
    """Puts a manifest of any lines into the bucket; returns the source of a dataset."""
    s3.put_object(Bucket=bucket, Key=name, Body="\n".join(lines).encode())
    return {"GroundTruthManifest": {"S3Object": {"Bucket": bucket, "Name": name}}}
