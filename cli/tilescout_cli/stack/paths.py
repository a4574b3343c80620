"""Folders that commands share, in a checkout and where a wheel is installed."""

from __future__ import annotations

import os
from pathlib import Path

from tilescout_cli.console.failures import BadUsage

CHECKOUT = Path(__file__).resolve().parents[3]
"""The root of the repository, where the package is installed from a checkout."""
SHIPPED = Path(__file__).resolve().parents[1] / "stack_files"
"""The files of the stack that a wheel carries: cdk.json, infra and statemachine."""


def is_checkout() -> bool:
    """Tells whether the package is installed from a checkout."""
    return (CHECKOUT / "infra" / "app.py").exists()


def sources() -> Path:
    """Returns the folder of the stack's sources. Raises BadUsage where there is none."""
    folder = CHECKOUT if is_checkout() else SHIPPED
    if not (folder / "infra" / "app.py").exists():
        raise BadUsage(
            f"--local deploys the stack of a wheel or a checkout, and there is none in {folder}; "
            "install tilescout again"
        )
    return folder


def embedded_home() -> Path:
    """Returns where `tilescout local up` keeps its files."""
    if home := os.environ.get("TILESCOUT_HOME"):
        return Path(home)
    return CHECKOUT / ".tilescout" / "local" if is_checkout() else cache_folder() / "local"


def build_folder() -> Path:
    """Returns where the stack is synthesised to."""
    return CHECKOUT / "build" if is_checkout() else cache_folder() / "build"


def cache_folder() -> Path:
    """Returns $XDG_CACHE_HOME/tilescout, or ~/.cache/tilescout."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "tilescout"


def configuration() -> Path | None:
    """Returns the nearest cdk.json, from the working directory upwards, else the shipped one."""
    shipped = (CHECKOUT if is_checkout() else SHIPPED) / "cdk.json"
    return own_configuration() or (shipped if shipped.exists() else None)


def own_configuration() -> Path | None:
    """Returns the nearest cdk.json, from the working directory upwards, if there is one."""
    folders = (Path.cwd(), *Path.cwd().parents)
    return next((each / "cdk.json" for each in folders if (each / "cdk.json").exists()), None)
