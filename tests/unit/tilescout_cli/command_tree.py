"""Every command of the command line with its arguments and options."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer.main

from tilescout_cli.app import app
from tilescout_cli.console.command_list import ListedCommand


def commands() -> Iterator[tuple[str, Any]]:
    """Each command that is no group, by its words."""
    for words, command in _walk(typer.main.get_command(app), ()):
        if not getattr(command, "commands", {}):
            yield words, command


def groups() -> Iterator[tuple[str, Any]]:
    """Each group below the root, by its words."""
    for words, command in _walk(typer.main.get_command(app), ()):
        if words and getattr(command, "commands", {}):
            yield words, command


def parameters() -> Iterator[tuple[str, Any]]:
    """Every argument and option of every command and group, by the words of the command."""
    for words, command in _walk(typer.main.get_command(app), ()):
        yield from ((words, each) for each in command.params)


def _walk(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    loaded = command.load() if isinstance(command, ListedCommand) else command
    yield " ".join(words), loaded
    for name, child in getattr(loaded, "commands", {}).items():
        yield from _walk(child, (*words, name))
