"""The sizes of functions and modules, and the shape of the packages."""

from __future__ import annotations

import ast
import statistics
from collections import defaultdict
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.unit.project.doc_pages import ROOT
from tests.unit.project.test_layers import imported, modules

MAX_LINES = 50
MAX_PARAMETERS = 6
MIN_MODULE_LINES = 40
MAX_ROOMS = {"lambdas/tilescout": 24, "cli/tilescout_cli": 15}

COMMANDS = "tilescout_cli.commands"
"""A command's parameters are its options, and each command has a module of its own."""
WIDE = {
    "tilescout.merging.boxes.merge.merge_detections",
    "tilescout.runs.model_lifecycle.next_start",
    "tilescout.runs.pacing.why_finished",
    "tilescout_local.embedded_aws.start",
}
SMALL = {
    "infra.node": "imported before aws_cdk, which starts Node",
    "tilescout.handlers.run_steps.detect_tiles": "one state of the workflow, as its siblings",
    "tilescout.handlers.run_steps.open_run": "one state of the workflow, as its siblings",
    "tilescout.rendering.sheet_reading": "draws a page, which readers of sheets do not",
    "tilescout.sheet_layout.sheet_reader": "imports numpy, which readers of a layout do not need",
    "tilescout_evaluate.metrics.text.alignment": "an algorithm with its source",
    "tilescout_local.engines.symbol_worker": "the main module of a process",
}
"""Modules under the limit with one importer, and why each stands alone."""

FUNCTIONS = [
    (f"{name}.{node.name}", node)
    for name, path in modules()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
]
NAMES = {name.removesuffix(".__init__"): path for name, path in modules()}


def lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    given = [each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    return len(given) - (given[:1] in (["self"], ["cls"]))


def imports() -> dict[str, set[str]]:
    """The modules of the project that each imports, with the module that a name comes from."""
    return {name: set(reached(name, path)) for name, path in NAMES.items()}


def reached(importer: str, path: Path) -> Iterator[str]:
    for name in imported(path):
        found = name if name in NAMES else name.rpartition(".")[0]
        if found in NAMES and found != importer:
            yield found


def test_functions_are_short() -> None:
    lengths = sorted(lines(node) for _, node in FUNCTIONS)
    assert statistics.median(lengths) <= 7
    assert lengths[len(lengths) * 9 // 10] <= 20
    assert {name for name, node in FUNCTIONS if lines(node) > MAX_LINES} == set()


def test_functions_take_few_parameters() -> None:
    more = {
        name
        for name, node in FUNCTIONS
        if parameters(node) > MAX_PARAMETERS and not name.startswith(COMMANDS)
    }
    assert more <= WIDE


def test_no_module_imports_itself_through_others() -> None:
    TopologicalSorter(imports()).prepare()


@pytest.mark.parametrize("package", ["tilescout", "tilescout_cli"])
def test_no_folder_imports_itself_through_others(package: str) -> None:
    rooms: dict[str, set[str]] = defaultdict(set)
    for importer, names in imports().items():
        for name in names:
            one, other = (".".join(each.split(".")[:2]) for each in (importer, name))
            if one != other and {one.split(".")[0], other.split(".")[0]} == {package}:
                rooms[one].add(other)
    assert rooms
    TopologicalSorter(rooms).prepare()


def test_a_small_module_has_several_importers_or_a_reason() -> None:
    importers: dict[str, set[str]] = defaultdict(set)
    for importer, names in imports().items():
        for name in names:
            importers[name].add(importer)
    small = {
        name
        for name, path in NAMES.items()
        if path.stem != "__init__"
        and not name.startswith(COMMANDS)
        and len(path.read_text(encoding="utf-8").splitlines()) < MIN_MODULE_LINES
        and len(importers[name]) == 1
    }
    assert small <= set(SMALL)


@pytest.mark.parametrize("package", MAX_ROOMS)
def test_a_package_has_few_rooms(package: str) -> None:
    folder = ROOT / package
    packages = {path.parent.name for path in folder.glob("*/__init__.py")}
    rooms = packages | {path.stem for path in folder.glob("*.py") if path.stem[:2] != "__"}
    assert len(rooms) <= MAX_ROOMS[package]
