"""Annotation files of any content: never a traceback, and every record is kept or left out."""

from __future__ import annotations

import copy
import json
import math
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.tilescout_datasets.formats.exports import (
    CVAT_BOX,
    assert_counted,
    azure_line,
    coco,
    cvat,
    google_line,
    labelme,
    lines,
    manifest_line,
    pictures,
    result,
    task,
    voc,
)
from tilescout_datasets.annotations import Annotation, UnusableAnnotations
from tilescout_datasets.formats import detect_format

JSON_FILES: dict[str, Callable[[], Any]] = {
    "pages.json": coco,
    "tasks.json": lambda: [task(result(), result("polygonlabels", points=[[1, 2], [3, 4]])),
                           task(image=["p1.png", "p2.png"], annotations=[])],
    "p1.json": labelme,
}  # fmt: skip
LINE_FILES: dict[str, Callable[[], Any]] = {
    "out.manifest": lambda: [manifest_line(), manifest_line("p2.png")],
    "azure.jsonl": lambda: [azure_line(), azure_line("p2.png")],
    "google.jsonl": lambda: [google_line(), google_line("p2.png")],
}
TEXT_FILES: dict[str, str] = {
    "cvat.xml": cvat(CVAT_BOX + '<polygon label="a" points="1,2;3,4;5,9"/>'
                     '<mask label="a" rle="1,8" left="1" top="1" width="3" height="3"/>'),
    "voc.xml": voc(),
    "classes.txt": "pump\nmotor\n",
    "data.yaml": "names: [pump, motor]\nkpt_shape: [2, 3]\n",
}  # fmt: skip
YOLO = "0 0.1 0.2 0.05 0.1\n1 0.1 0.1 0.2 0.1 0.2 0.2 0.1 0.2\n"
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "utf-32")
STRANGE = [None, True, -1, 0, 1e308, -1e308, float("nan"), float("inf"), 2**70, "", "a", "\0", "é",
           "\ud800", "9" * 400, [], [[]], {}, {"a": 1}, "../../p1.png", "p1.png", [1, 2, 3, 4],
           ["p1.png"], "http://[", 0.5, "-", "1,2"]  # fmt: skip


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        pictures(Path(name))
        yield Path(name)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yields where each member of a value of JSON is."""
    if path:
        yield path
    members = value if isinstance(value, list) else []
    pairs = value.items() if isinstance(value, dict) else enumerate(members)
    for key, inner in pairs:
        yield from places(inner, (*path, key))


def changed(value: Any, chance: random.Random, times: int) -> Any:
    """A value with members that are missing, there twice, or of another kind."""
    value = copy.deepcopy(value)
    for _ in range(times):
        path = chance.choice(list(places(value)) or [()])
        if not path:
            return copy.deepcopy(chance.choice(STRANGE))
        *before, last = path
        owner = value
        for key in before:
            owner = owner[key]
        act = chance.randrange(4)
        if act == 0:
            del owner[last]
        elif act == 1 and isinstance(owner, list):
            owner.append(copy.deepcopy(owner[last]))
        else:
            owner[last] = copy.deepcopy(chance.choice(STRANGE))
    return value


def mangled(text: str, chance: random.Random, times: int) -> str:
    """Text of which parts are missing, there twice, or something else."""
    for _ in range(times):
        first = chance.randrange(len(text) + 1)
        last = min(len(text), first + chance.randrange(12))
        other = chance.choice(["", text[first:last] * 2, "9" * 30, "<", "&amp;", '"', "nan", "\0"])
        text = text[:first] + other + text[last:]
    return text


def written(folder: Path, chance: random.Random) -> Path:
    """An annotation file of any kind, changed, encoded and perhaps cut off."""
    name = chance.choice([*JSON_FILES, *LINE_FILES, *TEXT_FILES])
    times = chance.choice([0, 1, 1, 2, 5])
    if name in JSON_FILES:
        text = json.dumps(changed(JSON_FILES[name](), chance, times))
    elif name in LINE_FILES:
        value = changed(LINE_FILES[name](), chance, times)
        text = lines(*value) if isinstance(value, list) else json.dumps(value)
    else:
        text = mangled(TEXT_FILES[name], chance, times)
    for picture in ("p1.txt", "p2.txt"):
        (folder / picture).write_text(mangled(YOLO, chance, times), encoding="utf-8")
    if chance.random() < 0.2:
        text = mangled(text, chance, 1)
    body = text.encode(chance.choice(ENCODINGS), "replace")
    if chance.random() < 0.2:
        body = body[: chance.randrange(len(body) + 1)]
    (folder / name).write_bytes(body)
    return folder / name


def check(folder: Path, seed: int) -> None:
    path = written(folder, random.Random(seed))
    try:
        imported = detect_format.read([path])
    except UnusableAnnotations as refusal:
        assert len(str(refusal)) < 8000
        return
    assert_counted(imported)
    for page in imported.pages:
        for each in (*page.annotations, *map(_as_annotation, page.ignored)):
            sides = (each.box.left, each.box.top, each.box.right, each.box.bottom)
            assert all(map(math.isfinite, sides))
            assert 0 <= sides[0] < sides[2] <= page.width
            assert 0 <= sides[1] < sides[3] <= page.height
            assert each.label


def _as_annotation(box: Any) -> Any:
    return Annotation("ignored", box)


@given(st.integers(0, 2**32))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_file_is_read_or_refused(folder: Path, seed: int) -> None:
    check(folder, seed)


@pytest.mark.long
@given(st.integers(0, 2**32))
@settings(
    max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_of_five_thousand_files_is_read_or_refused(folder: Path, seed: int) -> None:
    check(folder, seed)
