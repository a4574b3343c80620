"""Who may import whom: the core knows no edge, the edges no command line, infra none of them."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SOURCES = {
    "tilescout": "lambdas/tilescout",
    "tilescout_local": "cli/tilescout_local",
    "tilescout_datasets": "cli/tilescout_datasets",
    "tilescout_api": "cli/tilescout_api",
    "tilescout_drawings": "cli/tilescout_drawings",
    "tilescout_reviews": "cli/tilescout_reviews",
    "tilescout_examples": "cli/tilescout_examples",
    "tilescout_exports": "cli/tilescout_exports",
    "tilescout_viewer": "cli/tilescout_viewer",
    "tilescout_samples": "cli/tilescout_samples",
    "tilescout_train": "cli/tilescout_train",
    "tilescout_evaluate": "cli/tilescout_evaluate",
    "tilescout_tune": "cli/tilescout_tune",
    "tilescout_cli": "cli/tilescout_cli",
    "infra": "infra",
}
AWS_SDKS = {"boto3", "botocore", "aws_lambda_powertools"}
# By layer: what of this project, and of the libraries that only some may touch, it may import.
ALLOWED = {
    "tilescout": {"tilescout"},
    "tilescout.aws": {"tilescout", "tilescout.aws", "boto3", "botocore"},
    "tilescout.handlers": {
        "tilescout",
        "tilescout.aws",
        "tilescout.handlers",
        "aws_lambda_powertools",
    },
    "tilescout_local": {"tilescout", "tilescout_local", "boto3", "botocore", "pymupdf"},
    "tilescout_datasets": {"tilescout", "tilescout_datasets", "pymupdf"},
    "tilescout_api": {
        "tilescout",
        "tilescout_api",
        "tilescout_reviews",
        "tilescout_viewer",
        "tilescout_cli",
    },
    "tilescout_drawings": {"tilescout", "tilescout_drawings", "pymupdf"},
    "tilescout_reviews": {"tilescout", "tilescout_reviews"},
    "tilescout_examples": {"tilescout", "tilescout_examples", "tilescout_exports", "pymupdf"},
    "tilescout_exports": {"tilescout", "tilescout_drawings", "tilescout_exports", "pymupdf"},
    "tilescout_viewer": {
        "tilescout",
        "tilescout_drawings",
        "tilescout_reviews",
        "tilescout_examples",
        "tilescout_exports",
        "tilescout_viewer",
    },
    "tilescout_samples": {"tilescout", "tilescout_samples", "pymupdf"},
    "tilescout_train": {
        "tilescout",
        "tilescout_datasets",
        "tilescout_samples",
        "tilescout_train",
    },
    "tilescout_evaluate": {"tilescout", "tilescout_datasets", "tilescout_evaluate", "pymupdf"},
    "tilescout_tune": {"tilescout", "tilescout_evaluate", "tilescout_tune"},
    "tilescout_cli": {
        "tilescout",
        "tilescout.aws",
        "tilescout_local",
        "tilescout_datasets",
        "tilescout_drawings",
        "tilescout_examples",
        "tilescout_exports",
        "tilescout_reviews",
        "tilescout_samples",
        "tilescout_train",
        "tilescout_evaluate",
        "tilescout_tune",
        "tilescout_viewer",
        "tilescout_cli",
        "boto3",
        "botocore",
        "pymupdf",
    },
    "infra": {"infra"},
}
PDFIUM = {"pypdfium2", "pikepdf"}
GUARDED = {*ALLOWED, *AWS_SDKS, *PDFIUM, "pymupdf"}
RENDERERS = {"tilescout.rendering.mupdf": {"pymupdf"}, "tilescout.rendering.pdfium": PDFIUM}
"""Packages of the core that run in the rendering child, and what each alone may hold."""

DETECTOR_KINDS = "tilescout.detector_kinds"
"""The one module of the functions that infra reads too, so that nothing about a detector is said
twice. It imports the standard library only, so a synthesis needs no package of the functions."""


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of the project by its dotted name."""
    for package, folder in SOURCES.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            yield ".".join((package, *parts)), path


def layer(name: str) -> str | None:
    """The longest guarded package that ``name`` is or lies in."""
    within = [each for each in GUARDED if f"{name}.".startswith(f"{each}.")]
    return max(within, key=len, default=None)


def imported(path: Path) -> set[str]:
    """Dotted names imported anywhere in the file, for type checking too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("importer", ALLOWED)
def test_a_layer_imports_only_the_layers_below_it(importer: str) -> None:
    looked_at = 0
    for name, path in modules():
        if layer(name) != importer:
            continue
        looked_at += 1
        own = (held for package, held in RENDERERS.items() if name.startswith(package))
        allowed = ALLOWED[importer].union(*own)
        shared = f"{DETECTOR_KINDS}." if importer == "infra" else "\0"
        reached = {layer(each) for each in imported(path) if not each.startswith(shared)} - {None}
        assert reached <= allowed, f"{name} imports {sorted(map(str, reached - allowed))}"
    assert looked_at > 2


def test_the_facts_about_detectors_need_the_standard_library_only() -> None:
    path = dict(modules())[DETECTOR_KINDS]
    assert {name.partition(".")[0] for name in imported(path)} <= sys.stdlib_module_names
