"""An embedded AWS that was deployed from other profiles is not used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tilescout_cli.console.failures import BadUsage
from tilescout_cli.deployment import local_stack
from tilescout_cli.stack import cdk_profiles, paths

TEXT = {"detector": "textract", "dpi": 200, "tile_size": 2048, "overlap": 256, "default": True}


def written(folder: Path, **profiles: object) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "cdk.json"
    path.write_text(json.dumps({"context": {"tilescout": {"profiles": profiles}}}))
    return path


def deployed(home: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    monkeypatch.setattr(paths, "configuration", lambda: path)
    local_stack._keep_configuration(home)


def test_other_profiles_than_those_deployed_stop_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = written(tmp_path / "a", text=TEXT), written(tmp_path / "b", refs=TEXT)
    deployed(tmp_path / "home", first, monkeypatch)
    monkeypatch.setattr(paths, "configuration", lambda: second)

    with pytest.raises(BadUsage) as failure:
        local_stack.check_configuration(tmp_path / "home")

    digests = [cdk_profiles.fingerprint(path) for path in (first, second)]
    assert str(failure.value) == (
        f"the embedded AWS in {tmp_path / 'home'} was deployed from {first} (digest {digests[0]}), "
        f"and this command reads {second} (digest {digests[1]}); stop it with `tilescout local "
        "down`, and repeat the command"
    )


def test_a_profile_that_changed_since_stops_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "a", text=TEXT)
    deployed(tmp_path / "home", path, monkeypatch)
    written(tmp_path / "a", text=TEXT | {"dpi": 300})

    with pytest.raises(BadUsage, match="tilescout local down"):
        local_stack.check_configuration(tmp_path / "home")


def test_the_same_profiles_with_another_comment_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "a", text=TEXT)
    deployed(tmp_path / "home", path, monkeypatch)
    written(tmp_path / "a", text=TEXT | {"//": "Lines of text."})

    local_stack.check_configuration(tmp_path / "home")
