"""Keeps the state of a training beside its file, so that the same command goes on from there."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from tilescout_datasets.datasets import Dataset

State = dict[str, Any]
SUFFIX = ".training"
UNREADABLE = (pickle.UnpicklingError, RuntimeError, EOFError)
"""The errors that `torch.load` raises for a file that is no checkpoint, or half of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A file that holds the state of one training; ``key`` tells which training it is."""

    file: Path
    key: str

    def load(self) -> State | None:
        """Returns the state, or None if there is no file, or one of another training."""
        if not self.file.is_file():
            return None
        try:
            kept = torch.load(self.file, map_location="cpu", weights_only=True)
        except UNREADABLE:
            return None
        return kept["state"] if kept["key"] == self.key else None

    def save(self, state: State) -> None:
        """Replaces the file at once, so that an interruption never leaves half of a state."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        draft = self.file.with_name(f"{self.file.name}.draft")
        try:
            torch.save({"key": self.key, "state": state}, draft)
            draft.replace(self.file)
        finally:
            draft.unlink(missing_ok=True)

    def remove(self) -> None:
        """Removes the file, if there is one."""
        self.file.unlink(missing_ok=True)


def checkpoint_beside(
    file: Path, dataset: Dataset, settings: Any, start: Path | None
) -> Checkpoint:
    """Returns the checkpoint of the training that writes ``file``.

    Other tiles, other settings or other first weights make it another training.
    """
    known = hashlib.sha256(repr(sorted(_plain(asdict(settings)).items())).encode())
    known.update(start.read_bytes() if start else b"")
    for tile in (*dataset.train, *dataset.test):
        known.update(repr((tile.annotations, tile.ignored)).encode())
        known.update(tile.file.read_bytes())
    return Checkpoint(file=file.with_suffix(SUFFIX), key=known.hexdigest())


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the settings that decide on the weights: all but how many threads compute them."""
    return {name: value for name, value in settings.items() if name != "threads"}
