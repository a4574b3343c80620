"""The worked example of docs/architecture.md adds a detector by the files listed there."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.project.doc_pages import PAGES, ROOT
from tilescout.detector_kinds import KINDS

_, _, SECTION = PAGES["docs/architecture.md"].partition("## To add a detector\n")
SECTION = SECTION.partition("\n## ")[0]
LISTED = re.findall(r"^\d+\. `([^`]+)`", SECTION, re.MULTILINE)
DIFFS = re.findall(r"^```diff\n(.*?)^```", SECTION, re.DOTALL | re.MULTILINE)
MAX_FILES = 8

USE = """
import json
from pathlib import Path

from infra.config.errors import BadConfiguration
from infra.config.stack_config import parse_config
from pydantic import TypeAdapter
from tilescout.aws import clients
from tilescout.geometry import Box
from tilescout.intake.planning import plan_document
from tilescout.pricing import PriceTable
from tilescout.profiles import Profile
from tilescout.rendering.requests import DocumentFacts, PageFacts, RenderRequest
from tilescout.tiling.grid import Tile


class Labels:
    def detect_labels(self, Image):
        box = {"Left": 0.25, "Top": 0.5, "Width": 0.25, "Height": 0.25}
        valve = {"Name": "Valve", "Instances": [{"BoundingBox": box, "Confidence": 90.0}]}
        return {"Labels": [valve, {"Name": "Drawing", "Confidence": 99.0}]}


clients.detector = lambda service: Labels() if service == "rekognition" else None
from tilescout.aws.detectors.services import open_detector


def refusal(**changes):
    written = json.loads(Path("cdk.json").read_text())["context"]
    written["tilescout"]["profiles"]["things"] |= changes
    try:
        parse_config(written)
    except BadConfiguration as error:
        return str(error).splitlines()[1].strip()


config = parse_config(json.loads(Path("cdk.json").read_text())["context"])
(shipped,) = [p for p in json.loads(config.profiles_json())["profiles"] if p["name"] == "things"]
profile = TypeAdapter(Profile).validate_python(shipped)
page = PageFacts(page=1, width_pt=980, height_pt=490, rotation=0, smallest_text_pt=None)
facts = DocumentFacts(pages=(page,), page_count=1, warnings=())
free = PriceTable().with_overrides(
    {name: 0.0 for name in PriceTable().by_name() if name != "detect_labels_image"}
)
plan = plan_document(facts, profile, free)
tile = Tile(3, Box(1000, 0, 2024, 1024))
(seen,) = open_detector(profile.detector).detect(b"", tile).objects
print(json.dumps({
    "schedule": config.schedules()["labels"],
    "tiles": plan.tiles,
    "calls": plan.calls,
    "dollars": plan.dollars,
    "dearer": PriceTable().with_overrides({"detect_labels_image": 0.5}).tile_call(profile),
    "max_image_bytes": RenderRequest.for_page(1, profile).max_image_bytes,
    "seen": [seen.label, seen.confidence, seen.box.left, seen.box.top, seen.box.right],
    "too large": refusal(tile_size=12000),
    "finds text": refusal(find=[{"label": "tag", "pattern": "FV"}]),
    "has a model": refusal(model_project="valves"),
}))
"""


def changes() -> Iterator[tuple[str, str, str]]:
    """The path, the old and the new text of every hunk of the worked example."""
    for diff in DIFFS:
        path = re.findall(r"^\+\+\+ b/(.+)$", diff, re.MULTILINE)[0]
        for hunk in diff.split("@@\n")[1:]:
            lines = hunk.splitlines(keepends=True)
            old = "".join(line[1:] for line in lines if line[0] in " -")
            new = "".join(line[1:] for line in lines if line[0] in " +")
            yield path, old, new


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What the changed copy of the sources says of the new detector."""
    copy = tmp_path_factory.mktemp("copy")
    for folder in ("lambdas/tilescout", "infra"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "cdk.json", copy)
    for path, old, new in changes():
        source = (copy / path).read_text()
        assert source.count(old) == 1, f"the example's context is not in {path}: {old}"
        (copy / path).write_text(source.replace(old, new))
    environment = {**os.environ, "PYTHONPATH": f"{copy / 'lambdas'}{os.pathsep}{copy}"}
    ran = subprocess.run(
        [sys.executable, "-c", USE], cwd=copy, env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    found: dict[str, object] = json.loads(ran.stdout)
    return found


def test_a_detector_takes_no_more_files_than_promised() -> None:
    assert 0 < len(LISTED) <= MAX_FILES
    assert [path for path in LISTED if not (ROOT / path).is_file()] == []


def test_the_worked_example_changes_listed_files_only() -> None:
    assert {path for path, _, _ in changes()} <= set(LISTED)


def test_the_new_detector_is_planned_with_its_price(used: dict[str, object]) -> None:
    # 2,042 x 1,021 px at 150 dpi: three tiles of 1,024 px that overlap by 128.
    assert (used["tiles"], used["calls"]) == (3, [3, 3])
    assert used["dollars"] == pytest.approx([0.003, 0.003])
    assert used["dearer"] == 0.5


def test_the_new_detector_is_rendered_for_within_its_limit(used: dict[str, object]) -> None:
    assert used["max_image_bytes"] == 5_000_000


def test_the_new_detector_starts_no_model(used: dict[str, object]) -> None:
    assert used["schedule"] == "rate(1 minute)"


def test_profiles_of_the_new_detector_are_validated(used: dict[str, object]) -> None:
    assert used["too large"] == (
        "profiles.things: labels takes tiles of 80 to 10000 px; tile_size is 12000; "
        "change tile_size"
    )
    assert str(used["finds text"]).startswith(
        "profiles.things: find and text_layer need a detector that reads text; detector is labels"
    )
    assert str(used["has a model"]).startswith(
        "profiles.things: model_project names the model of detector custom-labels or onnx or "
        "example, only"
    )


def test_a_tile_is_sent_to_the_new_detector(used: dict[str, object]) -> None:
    assert used["seen"] == ["Valve", 90.0, 1256.0, 512.0, 1512.0]


GROUP_OF_COMMANDS = "cli/tilescout_cli/app.py"
"""Lists `tilescout onnx`, which is named after the format of the files that it takes."""
COUNTED = "lambdas/tilescout/pricing/counted_requests.py"
"""Written by a test; a detector that it lacks costs what the dearest one costs."""


def test_no_other_product_file_names_a_detector() -> None:
    """The list is true: what is not on it knows detectors by their facts, not by their names."""
    naming = {
        path.relative_to(ROOT).as_posix()
        for folder in ("lambdas", "infra", "cli")
        for path in (ROOT / folder).rglob("*.py")
        if detectors_named(path)
    }
    assert naming - set(LISTED) - {GROUP_OF_COMMANDS, COUNTED} == set()


def detectors_named(path: Path) -> set[str]:
    """The names of detectors that a source file spells out; onnx beside torch is the package."""
    nodes = ast.walk(ast.parse(path.read_text()))
    constants = {str(node.value) for node in nodes if isinstance(node, ast.Constant)}
    return (constants & set(KINDS)) - ({"onnx"} if "torch" in constants else set())
