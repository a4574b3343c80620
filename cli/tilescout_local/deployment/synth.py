"""Synthesises the CDK app when its sources have changed since the last time."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import tilescout
from tilescout_local.errors import SynthesisFailed

STAMP = "sources.sha256"


def ensure_synthesised(
    sources: Path, out_dir: Path, *, configuration: Path | None = None, build: Path | None = None
) -> bool:
    """Brings ``out_dir`` up to date and returns True if the app was run.

    ``sources`` is a checkout or the files that a wheel ships, ``configuration`` a cdk.json other
    than that of the sources, ``build`` a folder for assets other than theirs. Raises
    SynthesisFailed if the app ended with an error; the message holds its last lines.
    """
    used = configuration or sources / "cdk.json"
    digest = sources_digest(sources, used)
    stamp = out_dir / STAMP
    if stamp.exists() and stamp.read_text() == digest and (out_dir / "manifest.json").exists():
        return False
    out_dir.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "infra.app", "--local"),
            *("--configuration", str(used.resolve().parent)),
            *("--build", str((build or sources / "build").resolve())),
        ],
        cwd=sources,
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


def sources_digest(sources: Path, configuration: Path) -> str:
    """Returns the SHA-256 of the names and contents of everything that the template depends on."""
    digest = hashlib.sha256()
    for path in (*_sources(sources), *filter(Path.is_file, [configuration])):
        content = path.read_bytes()
        digest.update(f"{os.path.relpath(path, sources)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _sources(root: Path) -> Iterator[Path]:
    """The files of a checkout, or those of a wheel with the installed package."""
    package = root / "lambdas"
    folders = [root / "infra", root / "statemachine"]
    folders.append(package if package.is_dir() else Path(str(tilescout.__file__)).parent)
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path
