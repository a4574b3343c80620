"""What the command line imports before it has anything to do."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.unit.tilescout_cli.command_tree import commands, groups

HEAVY = {
    "PIL", "aws_lambda_powertools", "boto3", "botocore", "cv2", "faster_coco_eval", "matplotlib",
    "ministack", "numpy", "onnx", "onnxruntime", "pydantic", "pymupdf", "rapidocr", "regex",
    "torch",
}  # fmt: skip
REPORT = """
import atexit, sys
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
sys.argv[0] = "tilescout"
from tilescout_cli.app import main
main()
"""
WORDS = [words for words, _ in (*groups(), *commands())]


def imported(*arguments: str, **environment: str) -> tuple[set[str], str]:
    """Heavy packages that a process of the command imports, and what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", REPORT, *arguments],
        capture_output=True, text=True, env={**os.environ, **environment}, check=False,
    )  # fmt: skip
    modules = done.stderr.split()
    assert "tilescout_cli.app" in modules
    return {name for name in modules if name in HEAVY}, done.stdout


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_the_root_imports_no_heavy_package(option: str) -> None:
    heavy, shown = imported(option)

    assert (heavy, "tilescout" in shown) == (set(), True)


@pytest.mark.parametrize("words", WORDS)
def test_no_help_text_imports_a_heavy_package(words: str) -> None:
    heavy, shown = imported(*words.split(), "--help")

    assert (heavy, "Usage: tilescout" in shown) == (set(), True)


def completed(words: str) -> tuple[set[str], list[str]]:
    """Heavy packages that completion of the last of ``words`` imports, and what it proposes."""
    heavy, shown = imported(
        _TILESCOUT_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=str(words.count(" "))
    )
    return heavy, shown.split()


@pytest.mark.parametrize(
    ("words", "proposed"),
    [
        ("tilescout mod", ["model"]),
        ("tilescout re", ["results", "retry", "reconcile", "references"]),
        ("tilescout model st", ["status", "stop"]),
    ],
)
def test_completion_of_a_command_imports_no_heavy_package(words: str, proposed: list[str]) -> None:
    assert completed(words) == (set(), proposed)


def test_completion_of_an_option_imports_only_what_typer_converts_values_with() -> None:
    assert completed("tilescout tune --va") == ({"pydantic"}, ["--vary"])


def test_an_unknown_command_is_answered_with_the_nearest() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tilescout_cli", "modelx"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "Did you mean 'model'?" in done.stderr


TERMINATED = """
import atexit, os, signal, sys
from tilescout_cli import app

def command():
    try:
        print("begun")
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        print("taken down")

atexit.register(lambda: print("the interpreter's own end"))
app.app = command
app.main()
"""


def test_a_terminated_command_takes_down_what_it_began_and_ends() -> None:
    done = subprocess.run(
        [sys.executable, "-c", TERMINATED], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (143, "begun\ntaken down\n")
