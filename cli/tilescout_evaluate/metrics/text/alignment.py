"""Computes the cheapest alignment of two texts (Levenshtein, 1966)."""

from __future__ import annotations


def errors_by_character(truth: str, read: str) -> list[int]:
    """Returns the errors of each character of ``truth``: missing, wrong, or added after it.

    Characters added before the first one count for the first. The sum is the edit distance, unless
    ``truth`` is empty, which has no character to count them for.
    """
    cost = _costs(truth, read)
    errors = [0] * len(truth)
    row, column = len(truth), len(read)
    while row or column:
        here = cost[row][column]
        differs = bool(row and column) and truth[row - 1] != read[column - 1]
        if row and column and here == cost[row - 1][column - 1] + differs:
            errors[row - 1] += differs
            row, column = row - 1, column - 1
        elif row and here == cost[row - 1][column] + 1:
            errors[row - 1] += 1
            row -= 1
        else:
            if errors:
                errors[max(0, row - 1)] += 1
            column -= 1
    return errors


def _costs(truth: str, read: str) -> list[list[int]]:
    cost = [list(range(len(read) + 1))]
    for row, char in enumerate(truth, 1):
        last, here = cost[-1], [row]
        for column, other in enumerate(read, 1):
            best = min(last[column] + 1, here[-1] + 1, last[column - 1] + (char != other))
            here.append(best)
        cost.append(here)
    return cost
