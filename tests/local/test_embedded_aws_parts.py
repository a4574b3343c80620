"""The parts of the embedded AWS that need no server."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.local.contract_assembly import write_assembly
from tilescout_local.apis import rekognition
from tilescout_local.apis.text_geometry import geometry, rotation_degrees
from tilescout_local.deployment.assembly import read_assembly, zip_folder
from tilescout_local.deployment.synth import ensure_synthesised
from tilescout_local.engines.ocr import reading_quad
from tilescout_local.engines.text_reading import Line, Quad, Word, part_along
from tilescout_local.errors import SynthesisFailed
from tilescout_local.functions.log import Invocation, append_log, peak_memory
from tilescout_local.processes.reaper import groups_left

FLAT: Quad = ((0, 0), (100, 0), (100, 20), (0, 20))


def test_the_warden_ends_only_the_groups_that_were_not_withdrawn() -> None:
    assert groups_left(["+7\n", "+8\n", "-7\n", "+9\n"]) == {8, 9}


def test_peak_memory_is_the_largest_of_all_reports(tmp_path: Path) -> None:
    for used in (80, 120, 90):
        invocation = Invocation(
            request_id="r",
            version="$LATEST",
            output="Max Memory Used: 999 MB",
            response="null",
            seconds=0.01,
            memory_limit_mb=512,
            memory_used_mb=used,
        )
        append_log(tmp_path, "tile_page", invocation)
    assert peak_memory(tmp_path) == {"tile_page": (120, 512)}


@pytest.mark.parametrize(
    ("sideways", "upwards", "start"), [(False, False, 0), (True, False, 1), (True, True, 3)]
)
def test_the_quad_starts_at_the_corner_where_the_text_starts(
    sideways: bool, upwards: bool, start: int
) -> None:
    corners = [(10.0, 20.0), (30.0, 20.0), (30.0, 90.0), (10.0, 90.0)]
    quad = reading_quad(np.array(corners, np.float32), sideways, upwards)
    assert quad == (*corners[start:], *corners[:start])


def test_a_part_of_a_line_that_reads_upwards_is_cut_along_its_reading() -> None:
    upwards: Quad = ((10, 90), (10, 20), (30, 20), (30, 90))
    assert part_along(upwards, 0.0, 0.5) == ((10, 90), (10, 55), (30, 55), (30, 90))


@pytest.mark.parametrize(("turns", "angle"), [(0, 0), (1, 270), (2, 180), (3, 90)])
def test_rotation_is_clockwise_in_quarter_turns(turns: int, angle: int) -> None:
    quad = (*FLAT[-turns:], *FLAT[:-turns]) if turns else FLAT
    assert rotation_degrees(quad) == angle  # type: ignore[arg-type]


def test_geometry_is_in_ratios_of_the_image() -> None:
    box = geometry(FLAT, 200, 40)["BoundingBox"]
    assert box == {"Left": 0.0, "Top": 0.0, "Width": 0.5, "Height": 0.5}


def test_the_hundredth_word_may_cut_a_line() -> None:
    words = tuple(Word(f"w{number}", 99.0, FLAT) for number in range(70))
    line = Line(" ".join(word.text for word in words), 99.0, FLAT, words)
    found = rekognition.response([line, line, line], 200, 40)["TextDetections"]
    lines = [item["DetectedText"].split() for item in found if item["Type"] == "LINE"]
    assert [len(words) for words in lines] == [70, 30]
    assert [item["Id"] for item in found] == list(range(102))


def test_a_folder_is_zipped_the_same_whatever_its_times(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("A = 1\n")
    first = zip_folder(tmp_path)
    (tmp_path / "a.py").touch()
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("stale")
    assert zip_folder(tmp_path) == first
    assert zipfile.ZipFile(io.BytesIO(first)).namelist() == ["a.py"]


def test_an_assembly_names_its_buckets_and_tells_layers_apart(tmp_path: Path) -> None:
    (stack,) = read_assembly(write_assembly(tmp_path), account="000000000000", region="us-east-1")
    assert {asset.bucket for asset in stack.assets} == {
        "cdk-hnb659fds-assets-000000000000-us-east-1"
    }
    assert (stack.name, stack.template_key) == ("Contract", "template.json")
    assert stack.layer_keys() == {"layer.zip"}


APP = """
import os, pathlib
out = pathlib.Path(os.environ["CDK_OUTDIR"])
(out / "manifest.json").write_text("{}")
with (out.parent / "runs").open("a") as runs:
    runs.write("x")
"""


def test_an_app_is_synthesised_again_only_when_a_source_changed(tmp_path: Path) -> None:
    out = tmp_path / "cdk.out"
    for folder in ("infra", "lambdas"):
        (tmp_path / folder).mkdir()
    (tmp_path / "infra" / "app.py").write_text(APP)
    (tmp_path / "lambdas" / "a.py").write_text("A = 1\n")
    first, second = ensure_synthesised(tmp_path, out), ensure_synthesised(tmp_path, out)
    (tmp_path / "lambdas" / "a.py").write_text("A = 2\n")
    third = ensure_synthesised(tmp_path, out)
    assert (first, second, third) == (True, False, True)
    assert (tmp_path / "runs").read_text() == "xx"


def test_a_failing_app_tells_its_error_and_is_run_again(tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "app.py").write_text("raise SystemExit('profile text: dpi is 0')")
    for _ in range(2):
        with pytest.raises(SynthesisFailed, match="profile text: dpi is 0"):
            ensure_synthesised(tmp_path, tmp_path / "cdk.out")
