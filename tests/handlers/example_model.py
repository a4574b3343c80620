"""The valve of ten sheets, learned from one box and put to use as a version of a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pymupdf

from tests.handlers.account import Account
from tests.unit.tilescout.example_search.drawn_strokes import VALVE, VALVE_BOX, placed
from tilescout.aws.detectors import onnx_store
from tilescout.aws.tables import model_table
from tilescout.example_search.symbol_files import to_file
from tilescout.runs.model_records import ModelInUse
from tilescout_examples.boxes import BoxOnPage
from tilescout_examples.saved_profile import symbol_file
from tilescout_examples.symbols import learn_symbols

PROJECT = "receptacles"
PAGES = 10
FIRST = (40, 40)
LOOK_ALIKE = VALVE[:5]
"""The valve with its stem and without its handle."""
REJECT_AT = (40, 240)


def sheets() -> bytes:
    """Ten pages: page N shows N + 3 valves, in all turns, and three look-alikes."""
    document = pymupdf.open()
    for number in range(1, PAGES + 1):
        page = document.new_page(width=600, height=400)
        for at in range(number + 3):
            where = (FIRST[0] + 60 * (at % 8), FIRST[1] + 60 * (at // 8))
            _draw(page, placed(VALVE, *where, turns=at % 4 if at else 0).tolist())
        for at in range(3):
            _draw(page, placed(LOOK_ALIKE, REJECT_AT[0] + 60 * at, REJECT_AT[1]).tolist())
    body: bytes = document.tobytes()
    document.close()
    return body


def _draw(page: Any, segments: list[list[float]]) -> None:
    for x0, y0, x1, y1 in segments:
        page.draw_line((x0, y0), (x1, y1), width=1)


def promote(account: Account, folder: Path, name: str, *, with_reject: bool = False) -> str:
    """Learn the valve from the first page, store it as a version and put it to use; the version."""
    file = folder / "sheets.pdf"
    file.write_bytes(sheets())
    example = BoxOnPage(file, 1, VALVE_BOX.shift(*FIRST), "valve")
    reject = BoxOnPage(file, 1, VALVE_BOX.shift(*REJECT_AT), "valve")
    symbols = learn_symbols([example], [reject] if with_reject else [])
    body = to_file(symbol_file(symbols))
    version = onnx_store.store_file(account.s3, "models-bucket", (PROJECT, name), body, "{}")
    model_table.use(
        account.ledger,
        ModelInUse(project=PROJECT, project_arn="", version=name, version_arn=version),
    )
    return version
