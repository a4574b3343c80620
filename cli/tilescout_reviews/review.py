"""The review of one document: corrections with optimistic locking, undo and redo, over a log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from tilescout_reviews.corrections import (
    Change,
    ChangeKind,
    Correction,
    ReviewConflict,
    ReviewError,
    Step,
    check,
)

MAX_ATTEMPTS = 20
MAX_STEPS = 200
"""Steps of one change; a row of DynamoDB holds 400 kB."""


class ReviewLog(Protocol):
    """The changes of one document's review, in order, where they outlive the process."""

    def read(self, after: int) -> list[Change]:
        """Returns the changes whose number is over ``after``, in order."""

    def append(self, change: Change) -> bool:
        """Stores the change for good; False where another already has its number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who corrects, and how the time of it is told (epoch seconds)."""

    name: str
    now: Callable[[], int]


class Review:
    """The review that one log holds. Every method reads what others wrote in the meantime first."""

    def __init__(self, log: ReviewLog) -> None:
        self._log = log
        self._changes: list[Change] = []
        self._corrections: dict[str, Correction] = {}

    @property
    def number(self) -> int:
        """The number of the last change that was read; 0 for none."""
        return self._changes[-1].number if self._changes else 0

    def refresh(self) -> None:
        """Reads the changes that were made since."""
        for change in self._log.read(self.number):
            self._changes.append(change)
            self._corrections |= {step.after.id: step.after for step in change.steps}

    def corrections(self) -> Mapping[str, Correction]:
        """Returns the newest correction of each detection, by its id."""
        self.refresh()
        return dict(self._corrections)

    def changes(self, after: int = 0) -> tuple[Change, ...]:
        """Returns the changes whose number is over ``after``."""
        self.refresh()
        return tuple(change for change in self._changes if change.number > after)

    def edit(self, wanted: Sequence[Correction], group: str, author: Author) -> Change:
        """Makes corrections, all or none. Each tells in ``version`` which version it corrects.

        Raises ReviewError for one that cannot be kept, ReviewConflict where somebody else
        corrected one of the detections since that version.
        """
        if not 0 < len(wanted) <= MAX_STEPS:
            raise ReviewError(
                f"one change has 1 to {MAX_STEPS} corrections; this one has {len(wanted)}; send "
                "several changes of one group"
            )
        for each in wanted:
            check(each)
        return self._append(lambda: _steps(self._corrections, wanted), "edit", group, author, of="")

    def undo(self, group: str, author: Author) -> tuple[Change, ...]:
        """Reverses the last group of changes that this person made and did not yet undo.

        Raises ReviewError where there is none, ReviewConflict where somebody else corrected the
        same detections since.
        """
        self.refresh()
        return self._reverse("undo", undoable(self._changes, author.name), group, author)

    def redo(self, group: str, author: Author) -> tuple[Change, ...]:
        """Reverses this person's last undo. Raises as `undo` does."""
        self.refresh()
        return self._reverse("redo", redoable(self._changes, author.name), group, author)

    def _reverse(self, kind: ChangeKind, of: str, group: str, author: Author) -> tuple[Change, ...]:
        if not of:
            raise ReviewError(f"there is nothing to {kind}")
        reversed_ = [each for each in self._changes if each.group == of][::-1]
        self._require_untouched(reversed_)
        return tuple(
            self._append(partial(self._inverse, each), kind, group, author, of=of)
            for each in reversed_
        )

    def _inverse(self, change: Change) -> tuple[Step, ...]:
        return _inverse(self._corrections, change)

    def _require_untouched(self, changes: Iterable[Change]) -> None:
        steps = [step for change in changes for step in change.steps]
        later = [
            self._corrections[step.after.id]
            for step in steps
            if self._corrections[step.after.id].version != step.after.version
        ]
        if later:
            raise _conflict(later)

    def _append(
        self,
        steps: Callable[[], tuple[Step, ...]],
        kind: ChangeKind,
        group: str,
        author: Author,
        *,
        of: str,
    ) -> Change:
        """Stores a change under the next number; looks again where another took that number."""
        for _ in range(MAX_ATTEMPTS):
            self.refresh()
            at = author.now()
            signed = tuple(
                replace(step, after=replace(step.after, by=author.name, at=at)) for step in steps()
            )
            change = Change(
                number=self.number + 1, kind=kind, group=group, by=author.name, at=at,
                steps=signed, of=of,
            )  # fmt: skip
            if self._log.append(change):
                self.refresh()
                return change
        raise ReviewError("others are correcting this document without a pause; try again")


def _steps(current: Mapping[str, Correction], wanted: Sequence[Correction]) -> tuple[Step, ...]:
    behind = [
        current[each.id]
        for each in wanted
        if each.id in current and current[each.id].version != each.version
    ]
    if behind:
        raise _conflict(behind)
    return tuple(
        Step(before=current.get(each.id), after=replace(each, version=each.version + 1))
        for each in wanted
    )


def _inverse(current: Mapping[str, Correction], change: Change) -> tuple[Step, ...]:
    """Returns the steps that take each detection back; its version goes on counting."""
    steps = []
    for step in change.steps:
        before = current[step.after.id]
        target = step.before or _untouched(step.after)
        steps.append(Step(before=before, after=replace(target, version=before.version + 1)))
    return tuple(steps)


def _untouched(correction: Correction) -> Correction:
    """Returns the state before anybody said anything: the finding itself, or no box at all."""
    found = correction.finding
    if found is None:
        return replace(correction, verdict="withdrawn")
    return replace(correction, verdict="open", label=found.label, text=found.text, box=found.box)


def _conflict(current: Sequence[Correction]) -> ReviewConflict:
    names = ", ".join(sorted({each.by for each in current}))
    count = len(current)
    return ReviewConflict(
        f"{names} corrected {count} of these detections in the meantime; look at them again",
        tuple(current),
    )


def undoable(changes: Iterable[Change], by: str) -> str:
    """Returns the group that this person's next undo reverses; empty where there is none."""
    undo, _ = _stacks(changes, by)
    return undo[-1] if undo else ""


def redoable(changes: Iterable[Change], by: str) -> str:
    """Returns the group that this person's next redo reverses; empty where there is none."""
    _, redo = _stacks(changes, by)
    return redo[-1] if redo else ""


def _stacks(changes: Iterable[Change], by: str) -> tuple[list[str], list[str]]:
    """Groups that can be undone, and groups that can be redone, the next one last."""
    undo: list[str] = []
    redo: list[str] = []
    seen: set[str] = set()
    for change in changes:
        if change.by != by or change.group in seen:
            continue
        seen.add(change.group)
        if change.kind == "edit":
            undo.append(change.group)
            redo.clear()
        elif change.kind == "undo":
            undo.pop()
            redo.append(change.group)
        else:
            redo.pop()
            undo.append(change.group)
    return undo, redo
