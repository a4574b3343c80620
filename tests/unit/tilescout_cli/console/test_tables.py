"""Tables keep all their columns on a narrow terminal."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from tests.unit.tilescout_cli.cli_stack import document
from tilescout_cli.console import tables


def printed(table: Any) -> list[str]:
    console = Console(file=io.StringIO(), width=80)
    console.print(table)
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined, no-any-return]


def row(text: str) -> dict[str, Any]:
    return {"document_id": "3f2a77aa", "page": 1, "label": "text", "text": text,
            "confidence": 99.4, "box_pt": [1234.4, 1200.0, 2200.0, 1300.0]}  # fmt: skip


def test_a_long_line_is_cut_and_no_column_is_lost() -> None:
    head, first, second = printed(
        tables.detections([row("NOTE " * 60), row("V1")], with_document=True)
    )
    assert head.split() == ["document", "page", "label", "text", "conf.", "box", "(pt)"]
    assert first.startswith("3f2a77aa     1  text   NOTE NOTE ")
    assert first.endswith("…   99.4  1234 1200 2200 1300")
    assert second.split() == ["3f2a77aa", "1", "text", "V1", "99.4", "1234", "1200", "2200", "1300"]


def test_a_sheet_is_named_by_its_number_and_revision_where_one_tells_them() -> None:
    named = row("V1") | {"drawing_number": "E201A", "revision": "B"}
    head, first, second = printed(tables.detections([named, row("V2")]))
    assert head.split() == ["page", "sheet", "label", "text", "conf.", "box", "(pt)"]
    assert first.split()[:5] == ["1", "E201A", "B", "text", "V1"]
    assert second.split()[:3] == ["1", "text", "V2"]


def test_a_long_number_of_a_sheet_is_cut_and_no_column_is_lost() -> None:
    named = row("NOTE " * 60) | {"drawing_number": "GAP-AUSB0534-P203A61", "label": "control-valve"}
    _, first = printed(tables.detections([named], with_document=True))
    assert first.startswith("3f2a77aa     1  GAP-AUSB0…  control-valve  ")
    assert first.endswith("99.4  1234 1200 2200 1300")


def test_a_long_name_of_a_file_is_cut_and_no_column_is_lost() -> None:
    head, first = printed(tables.documents([document(key="incoming/text/" + "plan-" * 40)]))
    assert head.split() == ["id", "status", "pages", "tiles", "found", "cost", "file"]
    assert first.endswith("…")
