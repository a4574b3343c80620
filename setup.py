"""Adds to a wheel what `tilescout detect --local` deploys: cdk.json, infra and statemachine.

All else is in pyproject.toml. A checkout has these files at its root, and uses them there.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
STACK_FILES = Path("tilescout_cli") / "stack_files"


class BuildWithStack(build_py):
    """Copies the files of the stack into the built package."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / STACK_FILES
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        shutil.copy(ROOT / "cdk.json", target)
        for name in ("infra", "statemachine"):
            shutil.copytree(
                ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__")
            )


setup(cmdclass={"build_py": BuildWithStack})
