"""Folders as `tilescout detect` leaves them, with a drawing that has text, symbols and layers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pymupdf

from tilescout.tiling.page_geometry import page_pixels

DPI = 200
LABELS = ("instrument", "tag", "valve")


def write_drawing(
    path: Path,
    *,
    pages: int = 2,
    size: tuple[float, float] = (842, 595),
    hidden_layer: str = "setting out",
) -> None:
    """A drawing with a frame, tags in a grid, and a layer that the file hides."""
    with pymupdf.open() as document:
        hidden = document.add_ocg(hidden_layer, on=False)
        shown = document.add_ocg("piping", on=True)
        for number in range(1, pages + 1):
            page = document.new_page(width=size[0], height=size[1])
            page.draw_rect(pymupdf.Rect(10, 10, size[0] - 10, size[1] - 10), width=1.5)
            page.draw_line((20, 40), (size[0] - 20, 40), oc=shown)
            page.insert_text((30, 30), f"SHEET {number}", fontsize=12)
            page.insert_text((300, 30), "HIDDEN NOTE", fontsize=12, oc=hidden)
            for box, text in places(size):
                page.draw_circle((box[0] + 12, box[1] + 12), 12)
                page.insert_text((box[0] + 2, box[1] + 15), text, fontsize=6)
        document.save(path)


def places(size: tuple[float, float] = (842, 595)) -> list[tuple[list[float], str]]:
    """Boxes in points and texts of the symbols on each page."""
    found = []
    for row in range(5):
        for column in range(8):
            left, top = 40 + column * (size[0] - 100) / 8, 60 + row * (size[1] - 110) / 5
            found.append(([left, top, left + 24, top + 24], f"FV-{100 + row * 8 + column}"))
    return found


def detection(
    number: int,
    *,
    page: int = 1,
    box_pt: Sequence[float],
    label: str = "tag",
    text: str = "",
    confidence: float = 90.0,
    open_sides: Sequence[str] = (),
) -> dict[str, Any]:
    """One row of detections.json."""
    return {
        "id": f"{page:05d}#{number:06d}",
        "page": page,
        "label": label,
        "text": text,
        "normalised_text": text.upper(),
        "confidence": confidence,
        "box_px": [round(side * DPI / 72) for side in box_pt],
        "box_pt": [round(side, 2) for side in box_pt],
        "tiles": [0],
        "open_sides": list(open_sides),
        "model_version": "",
    }  # fmt: skip


def found(pages: int = 2) -> list[dict[str, Any]]:
    """A detection at every place, with all kinds of labels and confidences."""
    return [
        detection(
            number,
            page=page,
            box_pt=box,
            label=LABELS[number % 3],
            text=text,
            confidence=round(40 + 59 * ((number * 7) % 40) / 40, 2),
            open_sides=["right"] if number % 13 == 5 else [],
        )
        for page in range(1, pages + 1)
        for number, (box, text) in enumerate(places())
    ]


def withheld(number: int, reason: str, *, page: int = 1) -> dict[str, Any]:
    """One row of ``withheld`` of detections.json, at the place of that number."""
    box, _ = places()[number]
    return {
        "page": page,
        "label": "valve",
        "confidence": 61.5,
        "box_px": [round(side * DPI / 72) for side in box],
        "box_pt": [round(side, 2) for side in box],
        "reason": reason,
    }


def head(
    *,
    name: str = "plan.pdf",
    pages: int = 2,
    profile: str = "tags",
    result: int = 1,
    size: tuple[float, float] = (842, 595),
) -> dict[str, Any]:
    """The member ``document`` of detections.json."""
    width, height = page_pixels(*size, DPI)
    return {
        "id": "0123456789abcdef" * 2,
        "source": {"bucket": "b", "key": f"incoming/{profile}/00000000/{name}", "version": "1"},
        "profile": profile,
        "status": "DONE",
        "reason": "",
        "result_id": f"{'0123456789abcdef' * 2}-{result:06d}",
        "run_id": f"run#{result:06d}#x",
        "model_version": "",
        "cost": {"spent_usd": 0.0},
        "warnings": [],
        "pages": [
            {"page": page, "width_px": width, "height_px": height, "width_pt": size[0],
             "height_pt": size[1], "dpi": DPI, "rotation": 0}
            for page in range(1, pages + 1)
        ],
    }  # fmt: skip


def write_result(
    folder: Path,
    detections: Sequence[dict[str, Any]] | None = None,
    *,
    withheld: Sequence[dict[str, Any]] = (),
    **facts: Any,
) -> Path:
    """A folder with drawing.pdf and detections.json."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = facts.get("pages", 2)
    if not (folder / "drawing.pdf").exists():
        write_drawing(folder / "drawing.pdf", pages=pages)
    shown = found(pages) if detections is None else list(detections)
    result: dict[str, Any] = {"document": head(**facts), "detections": shown}
    if withheld:
        result["withheld"] = list(withheld)
    (folder / "detections.json").write_text(json.dumps(result))
    return folder
