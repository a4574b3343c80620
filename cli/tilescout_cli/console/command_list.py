"""Commands that are listed by name and summary, and imported only when they are called.

The root's help and the completion of command names need no more than the list. The module of a
command declares its options; what it does is imported by its function.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
import typer.main
from typer.core import TyperCommand, TyperGroup


class CommandGroup(TyperGroup):
    """A group that reads its own options only where one is given.

    Typer converts the values of options with pydantic, which takes as long to import as Typer.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        is_command = bool(args) and not args[0].startswith("-")
        if is_command or (ctx.resilient_parsing and not args):
            ctx._protected_args, ctx.args = args[:1], args[1:]
            return args[1:]
        return super().parse_args(ctx, args)


def command_app(help: str | None = None, epilog: str | None = None) -> typer.Typer:
    """The application of one command, or of a group of commands, for a module to fill."""
    return typer.Typer(
        cls=CommandGroup,
        help=help,
        epilog=epilog,
        no_args_is_help=help is not None,
        add_completion=False,
        pretty_exceptions_enable=False,
    )


class ListedCommand(TyperCommand):
    """The name and the one-line summary of a command whose ``module`` has its ``app``."""

    def __init__(self, name: str, summary: str, *, panel: str, module: str) -> None:
        super().__init__(name, help=summary, short_help=summary, rich_help_panel=panel)
        self.module = module

    def load(self) -> Any:
        """Imports the module and returns its command or group."""
        loaded = typer.main.get_command(import_module(self.module).app)
        loaded.name = self.name
        return loaded


class ListedCommands(CommandGroup):
    """A group that imports a listed command once it is called or its help is asked for."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.load() if isinstance(command, ListedCommand) else command, rest
