"""Folders that commands share."""

from __future__ import annotations

import os
from pathlib import Path

from tilescout_cli.console.failures import BadUsage

CHECKOUT = Path(__file__).resolve().parents[3]
"""The repository's root, where the package is installed from a checkout."""


def embedded_home() -> Path:
    """Where `tilescout local up` keeps its files."""
    return Path(os.environ.get("TILESCOUT_HOME") or CHECKOUT / ".tilescout" / "local")


def sources() -> Path:
    """The checkout that is deployed to an embedded AWS. Raises BadUsage where there is none."""
    if not (CHECKOUT / "infra" / "app.py").exists():
        raise BadUsage(
            f"--local deploys the sources of a checkout, and {CHECKOUT} is none; install with "
            "`pip install -e .` from a clone of the repository"
        )
    return CHECKOUT


def configuration() -> Path | None:
    """The nearest cdk.json, from the working directory upwards, then the checkout's."""
    for folder in (Path.cwd(), *Path.cwd().parents, CHECKOUT):
        if (folder / "cdk.json").exists():
            return folder / "cdk.json"
    return None
