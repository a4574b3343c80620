"""Helpers of the contract tests: waiting, pictures with text, rows and processes."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

Client = Callable[..., Any]
Call = Callable[..., tuple[str | None, Any]]


def eventually(found: Callable[[], Any], seconds: float = 10.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return result


def picture(*lines: str, width: int = 460, height: int = 460, kind: str = "PNG") -> bytes:
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        font = ImageFont.load_default(28)
        draw.text((40, 40 + 50 * number), line, fill="black", font=font)
    data = io.BytesIO()
    image.save(data, kind)
    return data.getvalue()


def turned(text: str, degrees: int) -> bytes:
    image = Image.new("RGB", (400, 400), "white")
    font = ImageFont.load_default(28)
    ImageDraw.Draw(image).text((60, 180), text, fill="black", font=font)
    data = io.BytesIO()
    image.rotate(degrees).save(data, "PNG")
    return data.getvalue()


def row(owner: str, item: str, **others: Any) -> dict[str, Any]:
    return {"owner": {"S": owner}, "item": {"S": item}, **others}


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
