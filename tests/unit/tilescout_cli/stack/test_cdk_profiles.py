"""The configuration that commands read, and the one that `tilescout init` writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.config.stack_config import parse_config, read_context
from tilescout_cli.app import app
from tilescout_cli.stack import cdk_profiles, paths, target

ROOT = Path(__file__).resolve().parents[4]


def init(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["init", *map(str, arguments)])
    return result.exit_code, result.stderr


def test_init_writes_the_profiles_of_the_checkout_with_their_comments(tmp_path: Path) -> None:
    assert init(tmp_path)[0] == 0
    written = json.loads((tmp_path / "cdk.json").read_text())
    shipped = json.loads((ROOT / "cdk.json").read_text())

    assert written == {"context": {"tilescout": shipped["context"]["tilescout"]}}
    assert {"//" in each for each in written["context"]["tilescout"]["profiles"].values()} == {True}


def test_what_init_writes_is_read_by_commands_and_deployed(tmp_path: Path) -> None:
    init(tmp_path)

    assert cdk_profiles.read(tmp_path / "cdk.json") == cdk_profiles.read(ROOT / "cdk.json")
    assert set(parse_config(read_context(tmp_path)).profiles) == set(
        cdk_profiles.read(tmp_path / "cdk.json").by_name
    )


def test_init_changes_no_file_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text("mine")
    code, said = init(tmp_path)

    assert (code, (tmp_path / "cdk.json").read_text()) == (2, "mine")
    assert "exists already; change it, or name another folder" in " ".join(said.split())


def test_without_a_configuration_the_shipped_one_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert paths.configuration() == ROOT / "cdk.json"


def test_an_installed_wheel_keeps_its_files_out_of_its_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "CHECKOUT", tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("TILESCOUT_HOME", raising=False)
    cache = tmp_path / "cache" / "tilescout"

    assert (paths.build_folder(), paths.embedded_home()) == (cache / "build", cache / "local")


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({}, "Tilescout"),
        ({"stage": "test"}, "Tilescout-test"),
        ({"stage": "test", "stack_name": "test-drawings"}, "test-drawings"),
    ],
)
def test_commands_look_for_the_stack_that_the_settings_deploy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], name: str
) -> None:
    document = json.loads((ROOT / "cdk.json").read_text())
    document["context"]["tilescout"]["settings"] |= settings
    (tmp_path / "cdk.json").write_text(json.dumps(document))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TILESCOUT_STACK", raising=False)

    assert target.default_name() == name
    assert parse_config(read_context(tmp_path)).settings.name == name
