"""Synthesises the CDK app when its sources have changed since the last time."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tilescout_local.errors import SynthesisFailed

SOURCES = ("infra", "lambdas", "statemachine", "cdk.json")
STAMP = "sources.sha256"


def ensure_synthesised(repo_root: Path, out_dir: Path) -> bool:
    """Brings ``out_dir`` up to date and returns True if the app was run.

    Raises SynthesisFailed if the app ended with an error; the message holds its last lines.
    """
    digest = sources_digest(repo_root)
    stamp = out_dir / STAMP
    if stamp.exists() and stamp.read_text() == digest and (out_dir / "manifest.json").exists():
        return False
    out_dir.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "infra.app"],
        cwd=repo_root,
        env={**os.environ, "CDK_OUTDIR": str(out_dir.resolve())},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = "\n".join((done.stderr or done.stdout).splitlines()[-20:])
        raise SynthesisFailed(f"python -m infra.app ended with {done.returncode}:\n{last}")
    stamp.write_text(digest)
    return True


def sources_digest(repo_root: Path) -> str:
    """Returns the SHA-256 of the names and contents of everything that the template depends on."""
    digest = hashlib.sha256()
    for path in _sources(repo_root):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(repo_root)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _sources(repo_root: Path) -> Iterator[Path]:
    for name in SOURCES:
        source = repo_root / name
        if source.is_file():
            yield source
        for path in sorted(source.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path
