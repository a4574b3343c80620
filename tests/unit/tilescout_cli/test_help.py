"""What `--help` tells of options that have no plain default."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from typer.testing import CliRunner

from tests.unit.tilescout_cli.command_tree import commands, parameters
from tilescout_cli.app import COMMANDS, app
from tilescout_cli.commands import dataset

DEFAULTS = (
    ("detect --profile", "its default profile"),
    ("detect --stack", "$TILESCOUT_STACK, else that of cdk.json"),
    ("tune --profile", "its default profile"),
    ("tune --vary", "dpi, input_scale, tile_size, overlap around the profile's"),
    ("tune --model", "the sample's"),
    ("onnx promote --project", "the only one"),
    ("onnx promote --name", "the file's"),
    ("onnx check --labels", "those in the file"),
    ("model promote VERSION", "the newest trained one"),
    ("evaluate objects --label", "those of the ground truth"),
    ("dataset build --format", "by their content"),
    ("model train --version-name", "made of the content of the data set"),
    ("export --out", "standard output"),
    ("status DOCUMENT", "the newest documents"),
    ("results DOCUMENT", "all documents"),
    ("model use --project", "the only one"),
    ("model evaluate VERSION", "the newest trained one"),
)
SHARED = {
    "--anyway", "--help", "--json", "--local", "--out", "--pages", "--profile", "--project",
    "--stack", "--strict", "--text-layer", "--truth",
}  # fmt: skip
"""Options that mean the same in every command that has them."""


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
    assert [(name, each.name) for name, each in parameters() if "[" in (each.help or "")] == []


@pytest.mark.parametrize("words", [words for words, _ in commands()])
def test_every_help_text_ends_with_an_example_and_fits_80_columns(words: str) -> None:
    env = {"COLUMNS": "80", "TERM": "dumb"}
    result = CliRunner(env=env).invoke(app, [*words.split(), "--help"])

    assert result.exit_code == 0
    assert f"Example: tilescout {words}" in result.stdout
    assert max(len(line) for line in result.stdout.splitlines()) <= 80


@pytest.mark.parametrize("words", [words for words, _ in commands()])
def test_a_command_has_at_most_six_options_of_its_own(words: str) -> None:
    options = {
        each.opts[0] for name, each in parameters() if name == words and each.opts[0][0] == "-"
    }

    assert len(options - SHARED) <= 6


def test_the_help_of_the_root_has_one_line_for_each_command() -> None:
    summaries = [text for panel in COMMANDS.values() for text in panel.values()]

    assert {len(text) <= 64 and text.endswith(".") for text in summaries} == {True}


def test_short_defaults_are_those_of_the_libraries() -> None:
    from tilescout.merging.boxes.links import SAID_TWICE
    from tilescout_datasets.datasets import EMPTY_SHARE, TEST_SHARE
    from tilescout_datasets.formats.detect_format import FORMATS
    from tilescout_tune.search import DEFAULT_EFFORT

    found = {(name, each.opts[0]): each for name, each in parameters()}

    assert found["merge", "--same-tile-iou"].default == SAID_TWICE
    assert found["dataset build", "--test-share"].default == TEST_SHARE
    assert found["dataset build", "--empty-share"].default == EMPTY_SHARE
    assert found["tune", "--effort"].default == DEFAULT_EFFORT
    assert get_args(dataset.FormatName) == FORMATS
