"""A search is written as a profile that the stack takes, and as a file of its examples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from pydantic import TypeAdapter, ValidationError

from infra.config.profiles import Profile
from infra.config.stack_config import ProfileName
from tests.unit.tilescout.example_search.drawn_strokes import VALVE, VALVE_BOX, placed
from tilescout.example_search.symbol_files import from_file
from tilescout_examples.boxes import BoxOnPage
from tilescout_examples.saved_profile import (
    ImpossibleName,
    ProfileExists,
    ProfilePlaces,
    write_profile,
)
from tilescout_examples.symbols import Symbols, learn_symbols


@pytest.fixture(scope="module")
def symbols(tmp_path_factory: pytest.TempPathFactory) -> Symbols:
    file = tmp_path_factory.mktemp("drawing") / "plan.pdf"
    with pymupdf.open() as document:
        page = document.new_page(width=300, height=120)
        for x in (40, 100, 160, 220):
            for x0, y0, x1, y1 in placed(VALVE, x, 40).tolist():
                page.draw_line((x0, y0), (x1, y1), width=1)
        document.save(file)
    return learn_symbols([BoxOnPage(file, 1, VALVE_BOX.shift(40, 40), "valve")], [])


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    path = tmp_path / "cdk.json"
    text = {"detector": "textract"}
    path.write_text(json.dumps({"context": {"tilescout": {"profiles": {"text": text}}}}))
    return path


def profiles_of(configuration: Path) -> dict[str, Any]:
    profiles: dict[str, Any] = json.loads(configuration.read_text())["context"]["tilescout"][
        "profiles"
    ]
    return profiles


def test_the_profile_keeps_every_rule_of_the_stack(
    symbols: Symbols, configuration: Path, tmp_path: Path
) -> None:
    places = ProfilePlaces(configuration=configuration, folder=tmp_path / "out")
    saved = write_profile(symbols, "valves", 0.6, places)

    assert (saved.settings, saved.examples.parent) == (configuration, tmp_path / "out")
    profiles = profiles_of(configuration)
    assert list(profiles) == ["text", "valves"]
    profile = Profile.model_validate(profiles["valves"])
    assert (profile.detector, profile.model_project) == ("example", "valves")
    assert profile.min_confidence == {"*": 60.0}
    assert [(each.pdf, each.page, each.box, each.label) for each in profile.examples] == [
        ("plan.pdf", 1, (29.5, 27.5, 50.5, 46.5), "valve")
    ]
    assert saved.examples.name == "valves.examples"
    assert from_file(saved.examples.read_bytes()).labels == ("valve",)


def test_without_a_configuration_the_profile_is_a_file_to_paste(
    symbols: Symbols, tmp_path: Path
) -> None:
    saved = write_profile(symbols, "valves", 0.5, ProfilePlaces(folder=tmp_path / "out"))

    assert saved.settings == tmp_path / "out" / "valves.profile.json"
    written = json.loads(saved.settings.read_text())
    assert Profile.model_validate(written["valves"]).detector == "example"
    assert saved.told.startswith(f"profile valves written to {saved.settings}; after the next")


@pytest.mark.parametrize("name", ["", "../valves", "a/b", "tab\t", "Valves", "-v", "n" * 64])
def test_a_name_that_the_stack_refuses_is_refused(
    symbols: Symbols, tmp_path: Path, name: str
) -> None:
    with pytest.raises(ImpossibleName, match="1 to 63 lowercase letters, digits"):
        write_profile(symbols, name, 0.5, ProfilePlaces(folder=tmp_path))

    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValidationError):
        TypeAdapter(ProfileName).validate_python(name)


def test_a_profile_of_another_detector_is_not_written_over(
    symbols: Symbols, configuration: Path, tmp_path: Path
) -> None:
    before = configuration.read_text()

    with pytest.raises(ProfileExists, match="has a profile 'text' with detector textract"):
        places = ProfilePlaces(configuration=configuration, folder=tmp_path)
        write_profile(symbols, "text", 0.5, places)

    assert configuration.read_text() == before
