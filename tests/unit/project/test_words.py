"""The rules of CONTRIBUTING.md about words, as far as a machine can see them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.project.doc_pages import PAGES, ROOT

PRODUCT = ("lambdas", "infra", "cli", "benchmarks")
CONSTANT = re.compile(r"^_?(?:MOST|LEAST|LONGEST|SHORTEST)_|_(?:MOST|LEAST|LONGEST)$")
SENTENCE = re.compile(r"(?:[A-Z][a-z]+s|An?|The|True|False|Each)\b")
"""The docstring of a function begins with a verb such as "Returns", or with a subject."""
FRAGMENT = re.compile(r"(?:Of|That|As|By|Whether|Which|Where|What|Behind)\b")
PER = re.compile(
    r"(?:\$ ?[\d.,]+|(?<!per )\b(?:dollars?|cents?|USD|tiles?|pages?|calls?|minutes?|seconds?"
    r"|times?|once|words|turns?|hours?|bytes|MB)) an? "
    r"(?:inference unit|unit|hour|minute|second|day|month|year|page|tile|call|run|turn|image"
    r"|document|drawing|sheet|invocation|account|worker|process|key|label|line|profile)\b(?! is\b)"
    r"|\ban? (?:unit and hour|hour and unit|page and unit)\b"
)


def product_files() -> Iterator[Path]:
    for folder in PRODUCT:
        yield from sorted((ROOT / folder).rglob("*.py"))


def constants(tree: ast.Module) -> Iterator[str]:
    """Names that a module or a class assigns at its top."""
    for owner in (node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef)):
        for node in owner.body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def docstrings(tree: ast.Module) -> Iterator[str]:
    """Those of modules, classes and functions, and the texts that follow a constant."""
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for owner in (node for node in ast.walk(tree) if isinstance(node, owners)):
        for statement in owner.body:
            value = statement.value if isinstance(statement, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.value


def fragments(tree: ast.Module) -> Iterator[str]:
    """Docstrings of functions that are no sentence; those of properties say what one is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and not is_property(node):
            text = ast.get_docstring(node) or "Returns"
            if not SENTENCE.match(text):
                yield text


def is_property(node: ast.FunctionDef) -> bool:
    return any(ast.unparse(each).endswith("property") for each in node.decorator_list)


def read(path: Path) -> str:
    return " ".join(path.read_text(encoding="utf-8").replace("\n#", "\n").split())


def faults(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = [f"the constant {name}" for name in constants(tree) if CONSTANT.search(name)]
    begun = [f"the docstring {text[:50]!r}" for text in docstrings(tree) if FRAGMENT.match(text)]
    # The docstrings of commands are their help, which tells a person what to do.
    cut = [] if "commands" in path.parts else [f"{text[:50]!r}" for text in fragments(tree)]
    return named + begun + cut + per_faults(read(path))


def per_faults(text: str) -> list[str]:
    return [f"{match[0]!r}: write per" for match in PER.finditer(text)]


@pytest.mark.parametrize(
    "path", list(product_files()), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_names_docstrings_and_messages_are_plain_english(path: Path) -> None:
    assert faults(path) == []


@pytest.mark.parametrize("name", PAGES)
def test_pages_write_per(name: str) -> None:
    assert per_faults(" ".join(PAGES[name].split())) == []


def test_the_settings_write_per() -> None:
    assert per_faults(read(ROOT / "cdk.json")) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("$4 an hour", 1),
        ("dollars a page", 1),
        ("$4.00 an inference unit and hour", 1),
        ("once an account and region", 1),
        ("4 dollars per hour", 0),
        ("it takes a page", 0),
        ("an hour later", 0),
    ],
)
def test_a_for_per_is_seen(text: str, count: int) -> None:
    assert len(per_faults(text)) == count
