"""Checks EventBridge Scheduler expressions and finds the one that fires most often."""

from __future__ import annotations

import re
from collections.abc import Mapping

from infra.config.errors import BrokenRule

ON_UPLOAD = "rate(1 minute)"
"""Each minute: the guard looks then, and starts a run where anything is due, without a schedule."""

HOURLY = "rate(1 hour)"

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
_CRON_FIELD = r"[0-9A-Z*?,/#LW-]+"
_CRON = re.compile(rf"cron\({_CRON_FIELD}( {_CRON_FIELD}){{5}}\)")
_MINUTES = {"minute": 1, "hour": 60, "day": 1440}


def check_expression(value: str) -> str:
    """Returns the expression for ``on-upload``, ``rate(...)`` or ``cron(...)``.

    Raises BrokenRule for any other value.
    """
    expression = ON_UPLOAD if value == "on-upload" else value
    if _minutes(expression) is None and not _CRON.fullmatch(expression):
        raise BrokenRule(
            "a schedule is on-upload, rate(5 minutes) or cron(0 6 * * ? *)",
            f"it is {value!r}",
            "write one of the three forms (one minute, hour or day is singular)",
        )
    return expression


def most_frequent(model: str, expressions: Mapping[str, str]) -> str:
    """Returns the expression that fires most often among the profiles (by name) of one model."""
    if len(set(expressions.values())) == 1:
        return next(iter(expressions.values()))
    rates = {value: _minutes(value) for value in expressions.values()}
    known = {value: minutes for value, minutes in rates.items() if minutes is not None}
    if len(known) != len(rates):
        raise BrokenRule(
            "profiles of one model share one schedule, and cron expressions cannot be ranked",
            f"the profiles {', '.join(sorted(expressions))} of {model} differ",
            "give them the same cron expression, or rates",
        )
    return min(known, key=known.__getitem__)


def _minutes(expression: str) -> int | None:
    match = _RATE.fullmatch(expression)
    if not match:
        return None
    number = int(match[1])
    is_valid = number > 0 and (number == 1) == (match[3] == "")
    return number * _MINUTES[match[2]] if is_valid else None
