"""`tilescout onnx train` after Ctrl-C; `make check-all` runs it, with the extra `train`."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pymupdf
import pytest

from tilescout.geometry import Box
from tilescout.profiles import Profile
from tilescout_datasets import datasets
from tilescout_datasets.annotations import AnnotatedPage, Annotation
from tilescout_datasets.datasets import Shares

PROFILE = Profile(name="symbols", detector="custom-labels", dpi=72, tile_size=100, overlap=20,
                  model_project="valves")  # fmt: skip


@pytest.fixture
def data_set(tmp_path: Path) -> Path:
    """A data set of two pages with a blot each."""
    pages = []
    for number in range(2):
        path = tmp_path / f"{number}.pdf"
        with pymupdf.open() as document:
            document.new_page(width=90, height=90).draw_rect((20, 30, 40, 50), fill=(0, 0, 0))
            document.save(path)
        blot = Annotation("blot", Box(20, 30, 40, 50))
        pages.append(AnnotatedPage(path=path, page=1, width=90, height=90, annotations=(blot,)))
    datasets.build(pages, PROFILE, tmp_path / "set", Shares())
    return tmp_path / "set"


def training(data_set: Path, out: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tilescout_cli", "onnx", "train", str(data_set),
               "--out", str(out), "--iterations", "60", "--threads", "1"]  # fmt: skip
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                            preexec_fn=heed_ctrl_c)  # fmt: skip


def heed_ctrl_c() -> None:
    """Undoes what a shell does to a command in the background: Ctrl-C is ignored there."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_a_training_goes_on_after_ctrl_c(data_set: Path, tmp_path: Path) -> None:
    out = tmp_path / "symbols.onnx"
    with training(data_set, out) as first:
        assert first.stderr is not None
        told = next(line for line in first.stderr if "iteration 25 of 60" in line)
        first.send_signal(signal.SIGINT)
        rest = first.stderr.read()
    assert told
    assert "the same command goes on from the last state" in rest
    assert (first.returncode, out.exists()) == (130, False)

    with training(data_set, out) as second:
        _, errors = second.communicate()

    assert "going on from iteration" in errors
    assert (second.returncode, out.exists(), out.with_suffix(".training").exists()) == (
        0, True, False,
    )  # fmt: skip
