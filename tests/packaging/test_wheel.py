"""A wheel in an environment of its own, used from a folder that is no checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.unit.tilescout.rendering.pdf_files import blank_page, save

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 1200
PASSED_ON = ("HOME", "LANG", "PATH", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CONFIG_FILE")
"""What pip needs of the environment; nothing that names this checkout."""

pytestmark = pytest.mark.long


def run(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end without any setting of Tilescout or Python."""
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    environment |= {"XDG_CACHE_HOME": str(cwd / "cache"), "COLUMNS": "80"}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=environment, capture_output=True, text=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that pip builds from the tree as git has it."""
    folder = tmp_path_factory.mktemp("wheel")
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, files.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "tree" / name).write_bytes((ROOT / name).read_bytes())
    run(
        sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", folder, folder / "tree", cwd=folder
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("elsewhere")


@pytest.fixture(scope="module")
def tilescout(wheel: Path, folder: Path) -> Path:
    """The command of an environment into which only the wheel was installed."""
    run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    package = f"tilescout[infra,local] @ {wheel.as_uri()}"
    run(python, "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", package, cwd=folder)
    return folder / "venv" / "bin" / "tilescout"


@pytest.fixture(scope="module")
def drawing(folder: Path) -> Path:
    document, page = blank_page()
    page.insert_text((100, 100), "FV-1023")
    return save(document, folder)


def test_the_shipped_profiles_are_those_of_the_checkout(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        shipped = archive.read("tilescout_cli/stack_files/cdk.json")

    assert shipped == (ROOT / "cdk.json").read_bytes()


def test_the_wheel_has_no_package_of_a_common_name(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        top = {name.partition("/")[0] for name in archive.namelist()}

    assert {name for name in top if not name.startswith("tilescout")} == set()


def test_plan_works_without_a_configuration(tilescout: Path, folder: Path, drawing: Path) -> None:
    done = run(tilescout, "plan", drawing, "--profile", "pdf-text", "--json", cwd=folder)

    assert json.loads(done.stdout)[0]["calls"] == [0, 0]


def test_a_page_is_read_without_a_checkout_and_a_configuration(
    tilescout: Path, folder: Path, drawing: Path
) -> None:
    done = run(
        tilescout, "detect", "--local", "--profile", "pdf-text", drawing, "--json", cwd=folder
    )

    (document,) = json.loads(done.stdout)["documents"]
    assert document["document"]["status"] == "DONE"
    assert [each["text"] for each in document["detections"]] == ["FV-1023"]


def test_init_writes_a_configuration_that_every_command_reads(
    tilescout: Path, folder: Path, drawing: Path
) -> None:
    mine = folder / "mine"
    run(tilescout, "init", mine, cwd=folder)
    written = json.loads((mine / "cdk.json").read_text())
    profiles = written["context"]["tilescout"]["profiles"]
    profiles["mine"] = profiles["pdf-text"] | {"dpi": 100}
    (mine / "cdk.json").write_text(json.dumps(written))
    planned = run(tilescout, "plan", drawing, "--profile", "mine", "--json", cwd=mine)

    assert json.loads(planned.stdout)[0]["profile"] == "mine"
