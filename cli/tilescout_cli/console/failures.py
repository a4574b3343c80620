"""Failures that end a command, with their exit codes; a message has rule, value and remedy.

CommandFailed          1  some document did not end DONE
  BadUsage             2  an option or a file cannot be used
  TargetUnreachable    3  there is no stack, no embedded AWS or no way to reach it
"""

from __future__ import annotations


class CommandFailed(Exception):
    """The base of every failure, which is printed in one line."""

    exit_code = 1


class BadUsage(CommandFailed):
    """An option or a file cannot be used."""

    exit_code = 2


class TargetUnreachable(CommandFailed):
    """There is no stack, no embedded AWS, or no way to reach it."""

    exit_code = 3
