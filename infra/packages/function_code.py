"""Stages the asset that all functions share: the package and the profiles."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

PROFILES_FILE = "profiles.json"


def package_folder(sources: Path) -> Path:
    """Returns the folder of the functions' package: in a checkout, else the installed one."""
    in_checkout = sources / "lambdas" / "tilescout"
    if in_checkout.is_dir():
        return in_checkout
    installed = find_spec("tilescout")
    assert installed is not None, "this file needs the package"
    return Path(str(installed.origin)).parent


def stage_function_code(*, package: Path, profiles_json: str, target: Path) -> Path:
    """Writes ``package`` and the profiles under a new ``target``; equal input gives equal bytes."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(
        package, target / package.name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
    )
    (target / PROFILES_FILE).write_text(profiles_json + "\n")
    return target
