"""Runs the command line as a user would, and reads what it wrote."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRun:
    """One document after ``tilescout detect --local``; seconds are wall time."""

    path: Path
    exit_code: int
    seconds: float
    result: dict[str, Any]
    errors: str


def detect(path: Path, profile: str, out: Path, pages: str = "") -> LocalRun:
    """Detect one document on this machine into ``out``/<profile>."""
    folder = out / profile
    asked = ["--pages", pages] if pages else []
    command = [sys.executable, "-m", "tilescout_cli", "detect", "--local", "--json"]
    command += ["--profile", profile, "--out", str(folder), *asked, str(path)]
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    written = folder / path.stem / "detections.json"
    return LocalRun(
        path=path,
        exit_code=done.returncode,
        seconds=time.monotonic() - started,
        result=json.loads(written.read_text()) if written.exists() else {},
        errors=done.stderr,
    )
