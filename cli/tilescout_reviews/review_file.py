"""A review in a file beside the results: one change per line, written through to the disk."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from tilescout_reviews.corrections import CHANGE, Change, ReviewError

FILE_NAME = "review.jsonl"


class ReviewFile:
    """The log of one document's review. Several processes may write to it at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: list[Change] = []
        self._offset = 0

    def read(self, after: int) -> list[Change]:
        """Returns the changes after that number. Raises ReviewError for a line that is none."""
        if self.path.exists():
            with self.path.open("rb") as file:
                self._read_on(file)
        return [change for change in self._read if change.number > after]

    def append(self, change: Change) -> bool:
        """Writes the change through to the disk; False where its number is taken."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._locked() as file:
            self._read_on(file)
            if change.number != len(self._read) + 1:
                return False
            # A line that a crash cut short is written over: it was never answered.
            file.seek(self._offset)
            file.truncate()
            file.write(CHANGE.dump_json(change) + b"\n")
            file.flush()
            os.fsync(file.fileno())
            return True

    @contextmanager
    def _locked(self) -> Iterator[BinaryIO]:
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file

    def _read_on(self, file: BinaryIO) -> None:
        """Takes in the whole lines that were added since."""
        if os.fstat(file.fileno()).st_size < self._offset:
            raise ReviewError(
                f"{self.path} is shorter than it was; put the whole file back, then open it again"
            )
        file.seek(self._offset)
        for line in file:
            if not line.endswith(b"\n"):
                break
            self._read.append(self._parsed(line))
            self._offset += len(line)

    def _parsed(self, line: bytes) -> Change:
        number = len(self._read) + 1
        try:
            change = CHANGE.validate_json(line)
        except ValidationError as error:
            raise ReviewError(
                f"line {number} of {self.path} must be a change of a review "
                f"({error.errors()[0]['msg']}); put back the file from before it was edited"
            ) from error
        if change.number != number:
            raise ReviewError(
                f"line {number} of {self.path} must have number {number}, it has "
                f"{change.number}; put back the file from before it was edited"
            )
        return change
