"""What an import gives, and where the files are that it names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tilescout_datasets.annotations import AnnotatedPage, UnusableAnnotations

_UPLOADED = re.compile(r"^[0-9a-f]{8}-")
"""What Label Studio puts before the name of an uploaded file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """Annotated pages; ``notes`` tell what of the file was left out, and why."""

    pages: tuple[AnnotatedPage, ...]
    notes: tuple[str, ...] = ()


def found_file(beside: Path, name: str) -> Path:
    """The page or picture that an annotation file names: beside it or in a folder ``images``.

    Raises UnusableAnnotations.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    short = _UPLOADED.sub("", path.name)
    folders = (beside.parent, beside.parent / "images", beside.parent.parent,
               beside.parent.parent / "images")  # fmt: skip
    for folder in folders:
        for wanted in (path, PurePosixPath(path.name), PurePosixPath(short)):
            found = folder / wanted
            if found.is_file():
                return found
    raise UnusableAnnotations(
        f"each annotated page must lie beside {beside.name} or in a folder images there; "
        f"{path.name} does not; copy it to {beside.parent}"
    )


def left_out(counts: dict[str, int], why: str) -> tuple[str, ...]:
    """A note for each kind of shape that was left out."""
    return tuple(f"{count} of kind {kind} left out: {why}" for kind, count in counts.items())
