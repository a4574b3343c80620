"""CONTRIBUTING says where things are, and they are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
WHERE = (ROOT / "CONTRIBUTING.md").read_text().split("## Where is …")[1].split("## To add …")[0]
CORE = ROOT / "lambdas" / "tilescout"
ROWS = [line for line in WHERE.splitlines() if line.startswith("|")]
NAMED = re.findall(r"`([\w/]+(?:\.py|/))`", "\n".join(ROWS))


@pytest.mark.parametrize("named", NAMED)
def test_what_the_table_names_is_there(named: str) -> None:
    assert (CORE / named).exists()


def test_every_folder_of_the_core_is_named() -> None:
    folders = {path.parent.name for path in CORE.glob("*/__init__.py")}
    assert folders <= {named.split("/")[0] for named in NAMED}
