"""Content that depends on several layers is shown as the standard says, for every state of them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from tilescout.profiles import Profile
from tilescout.rendering.render import render_page
from tilescout.rendering.requests import RenderRequest

PROFILE = Profile(name="text", detector="pdf-text", dpi=72, tile_size=640, overlap=64)
States = tuple[bool, ...]
STATES = list(product((False, True), repeat=2))


def words(path: Path) -> list[str]:
    page = render_page(path, RenderRequest.for_page(1, PROFILE), lambda tile: None)
    return [word.text for word in page.words]


def page_for_each(path: Path, member: Callable[[Any, list[int]], int], states: States) -> Path:
    """A word that depends on layers of these states."""
    with pymupdf.open() as document:
        page = document.new_page(width=300, height=200)
        groups = [document.add_ocg(f"layer {at}", on=state) for at, state in enumerate(states)]
        page.insert_text((50, 50), "FV-1001", oc=member(document, groups))
        page.insert_text((50, 100), "FV-1002")
        document.save(path)
    return path


RULES: dict[str, Callable[[States], bool]] = {
    "AnyOn": any,
    "AllOn": all,
    "AnyOff": lambda states: not all(states),
    "AllOff": lambda states: not any(states),
}


@pytest.mark.parametrize("policy", RULES)
@pytest.mark.parametrize("states", STATES)
def test_a_policy_of_two_layers(tmp_path: Path, policy: str, states: States) -> None:
    path = page_for_each(
        tmp_path / "plan.pdf",
        lambda document, groups: int(document.set_ocmd(ocgs=groups, policy=policy)),
        states,
    )
    assert ("FV-1001" in words(path)) is RULES[policy](states)
    assert "FV-1002" in words(path)


EXPRESSIONS: list[tuple[Callable[[list[int]], list[Any]], Callable[[States], bool]]] = [
    (lambda g: ["not", g[0]], lambda s: not s[0]),
    (lambda g: ["and", g[0], g[1]], all),
    (lambda g: ["or", g[0], ["not", g[1]]], lambda s: s[0] or not s[1]),
    (lambda g: ["not", ["and", g[0], ["or", g[0], g[1]]]], lambda s: not s[0]),
]


@pytest.mark.parametrize(("expression", "rule"), EXPRESSIONS)
@pytest.mark.parametrize("states", [(False, True), (True, False), (True, True)])
def test_an_expression_of_layers(
    tmp_path: Path,
    expression: Callable[[list[int]], list[Any]],
    rule: Callable[[States], bool],
    states: States,
) -> None:
    path = page_for_each(
        tmp_path / "plan.pdf",
        lambda document, groups: int(document.set_ocmd(ve=expression(groups))),
        states,
    )
    assert ("FV-1001" in words(path)) is rule(states)
