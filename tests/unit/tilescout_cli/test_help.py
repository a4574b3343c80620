"""What `--help` tells of options that have no plain default."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from tilescout_cli.app import app

DEFAULTS = (
    ("detect --profile", "its default profile"),
    ("detect --stack", "$TILESCOUT_STACK or Tilescout"),
    ("tune --profile", "its default profile"),
    ("tune --vary", "dpi, input_scale, tile_size, overlap around the profile's"),
    ("tune --model", "the sample's"),
    ("tune --as", "what the truth is good for"),
    ("promote MODEL", "the newest that was trained"),
    ("promote --project", "the only one of detector onnx"),
    ("promote --name", "the file's"),
    ("promote --min-f1", "0.8"),
    ("evaluate --as", "what the truth is good for"),
    ("evaluate --label", "those of the truth"),
    ("dataset build --format", "by their content"),
    ("train --version-name", "of the set's content"),
    ("export --out", "standard output"),
    ("status DOCUMENT", "the newest documents"),
    ("model use --project", "the only one"),
    ("evaluate --version", "the newest that was trained"),
)


def parameters(command: Any, name: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every argument and option of every command, by the command's words."""
    for word, child in getattr(command, "commands", {}).items():
        yield from parameters(child, (*name, word))
    yield from ((" ".join(name), each) for each in command.params)


def lines(command: str) -> list[str]:
    """So wide that no cell is broken."""
    env = {"COLUMNS": "400", "TERM": "dumb"}
    return CliRunner(env=env).invoke(app, [*command.split(), "--help"]).output.splitlines()


@pytest.mark.parametrize(("named", "default"), DEFAULTS)
def test_what_is_taken_where_nothing_is_given_is_shown(named: str, default: str) -> None:
    command, _, parameter = named.rpartition(" ")
    shown = [line for line in lines(command) if re.search(rf"│ +\[?{parameter}\b", line)]

    assert len(shown) == 1
    assert f"[default: ({default})]" in shown[0]


def test_no_help_text_has_brackets_which_a_terminal_would_take_for_markup() -> None:
    found = parameters(typer.main.get_command(app))

    assert [(name, each.name) for name, each in found if "[" in (each.help or "")] == []
