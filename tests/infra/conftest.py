"""One synthesis for all tests of the template."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.app import synthesise
from tests.infra.template import Template


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly; cdk-nag's findings would have stopped it."""
    folder = tmp_path_factory.mktemp("assembly")
    return synthesise(outdir=str(folder / "cdk.out"), build=folder / "build")


@pytest.fixture(scope="session")
def template(assembly: Path) -> Template:
    path = assembly / "Tilescout.template.json"
    return Template(path, json.loads(path.read_text()))
