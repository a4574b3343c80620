"""The page of the command line lists what there is."""

from __future__ import annotations

import re

from tests.unit.project.doc_pages import PAGES, ROOT, table
from tests.unit.tilescout_cli.command_tree import commands
from tilescout_cli.console import failures
from tilescout_cli.console.failures import CommandFailed

PAGE = PAGES["docs/command_line.md"]
INTERRUPTED = 130
VARIABLE = re.compile(r"environ(?:\.get\(|\[)\"(TILESCOUT_[A-Z_]+)")


def test_every_command_is_listed_with_the_first_sentence_of_its_help() -> None:
    shown = {words: cells[0] for words, cells in table(PAGE, "command").items()}
    summaries = {words: " ".join(each.help.split("\n\n")[0].split()) for words, each in commands()}

    assert shown == summaries


def test_every_exit_code_is_listed() -> None:
    kinds = [each for each in vars(failures).values() if isinstance(each, type)]
    codes = {each.exit_code for each in kinds if issubclass(each, CommandFailed)}

    assert {int(code) for code in table(PAGE, "exit code")} == {0, INTERRUPTED} | codes


def test_every_variable_is_listed() -> None:
    used = {
        name
        for path in (ROOT / "cli").rglob("*.py")
        for name in VARIABLE.findall(path.read_text(encoding="utf-8"))
    }

    assert used == {name for name in table(PAGE, "variable") if name.startswith("TILESCOUT_")}
