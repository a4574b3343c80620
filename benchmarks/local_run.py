"""Runs the command line as a user does, and reads what it prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-m", "tilescout_cli"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRun:
    """The run of one document by ``tilescout detect --local``; seconds are wall time.

    ``result`` is its detections.json; for a rejected document only the head is filled.
    """

    path: Path
    exit_code: int
    seconds: float
    result: dict[str, Any]
    errors: str


@contextmanager
def embedded_aws(home: Path) -> Iterator[None]:
    """Runs ``tilescout local up`` in a folder of its own, and ``down`` at the end."""
    environment = os.environ | {"TILESCOUT_HOME": str(home)}
    subprocess.run([*COMMAND, "local", "up"], env=environment, check=True, stdout=sys.stderr)
    os.environ["TILESCOUT_HOME"] = str(home)
    try:
        yield
    finally:
        subprocess.run([*COMMAND, "local", "down"], env=environment, check=True, stdout=sys.stderr)


def detect(path: Path, profile: str, out: Path, pages: str = "") -> LocalRun:
    """Detects one document on this machine into ``out``/<profile>."""
    asked = ["--pages", pages] if pages else []
    options = ["--local", "--json", "--profile", profile, "--out", str(out / profile)]
    started = time.monotonic()
    done = subprocess.run(
        [*COMMAND, "detect", *options, *asked, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    documents = json.loads(done.stdout)["documents"] if done.stdout else []
    return LocalRun(
        path=path,
        exit_code=done.returncode,
        seconds=time.monotonic() - started,
        result=documents[0] if documents else {},
        errors=done.stderr,
    )
