"""Versions of a key with one rule taken away each time, and the faults under which that shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from tests.exploration.versions_world import Rules
from tilescout.documents import Document
from tilescout.intake.superseding import Superseded, superseded
from tilescout.transitions.decisions import MAY_BE_SUPERSEDED


class Missing(NamedTuple):
    """A rule's number, what of it is missing, and the faults in which that shows."""

    rule: str
    what: str
    faults: tuple[str, ...]
    rules: Rules


def forgetting(**attributes: int) -> Rules:
    """The rules without a look at these attributes; they can be sent to another process."""
    return Rules(
        superseded=partial(_superseded, attributes), still_waiting=partial(_waiting, attributes)
    )


def _superseded(attributes: dict[str, int], newest_first: Sequence[Document]) -> list[Superseded]:
    return superseded([_forgotten(attributes, document) for document in newest_first])


def _waiting(attributes: dict[str, int], document: Document) -> bool:
    return MAY_BE_SUPERSEDED.holds(_forgotten(attributes, document))


def _forgotten(attributes: dict[str, int], document: Document) -> Document:
    return replace(document, **attributes)  # type: ignore[arg-type]


def whatever_came(newest_first: Sequence[Document]) -> list[Superseded]:
    """A REJECTED version replaces as well."""
    return [
        Superseded(each, newest_first[0])
        for each in newest_first[1:]
        if MAY_BE_SUPERSEDED.holds(each)
    ]


def always(_: Document) -> bool:
    return True


ANYWAY: Callable[[Document], bool] = always

MISSING = (
    Missing("12", "versions compared before the record", (), Rules(record_first=False)),
    Missing("12", "superseded as it was read", (), Rules(still_waiting=ANYWAY)),
    Missing("12", "the last event is the newest version", (), Rules(by_version=False)),
    Missing("12", "a rejected version replaces others", ("no PDF",),
            Rules(superseded=whatever_came)),
    Missing("12", "what was claimed steps back", ("requeue",), forgetting(claim_token=0)),
    Missing("12", "what a person asked for steps back", ("duplicate", "retry"),
            forgetting(asked_for_at=0)),
)  # fmt: skip
