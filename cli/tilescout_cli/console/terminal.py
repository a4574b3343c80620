"""Where text goes: results to standard output, everything else to standard error."""

from __future__ import annotations

import json
from typing import Any

import typer
from rich.console import Console
from rich.text import Text

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def printable(text: str) -> str:
    """Text of a PDF may hold escape sequences; a terminal must never see them."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def plain(text: object) -> Text:
    """For tables: no markup is read and no control character is passed on."""
    return Text(printable(str(text)))


def say(text: str) -> None:
    """One line on standard error."""
    err.print(plain(text), soft_wrap=True)


def print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2))


def dollars(amount: float) -> str:
    """Cents where they tell enough, else four places."""
    return f"${amount:.2f}" if amount >= 1 or amount == 0 else f"${amount:.4f}"


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
