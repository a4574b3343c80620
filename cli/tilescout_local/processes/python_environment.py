"""The environment of the Python processes that the embedded AWS starts from its own packages."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGES = Path(__file__).parents[2]
"""The folder that holds the packages of the command line."""


def python_environment(**settings: str) -> dict[str, str]:
    """Returns this process's environment with ``settings``, and with the project's packages first.

    In a checkout the core's package lies beside those of the command line.
    """
    paths = [str(PACKAGES), str(PACKAGES.parent / "lambdas"), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, **settings, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
