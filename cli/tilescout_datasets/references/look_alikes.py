"""Classes of a set of references that look alike, and a picture that shows the set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tilescout.detectors.references.likeness import EMBEDDED_PX, TURNS, normed, turned
from tilescout.detectors.references.named_model import CORRELATION_SHARE, Namer
from tilescout.detectors.references.reference_set import ReferenceSet

Floats = NDArray[np.float32]
TOO_ALIKE = 0.9
"""Likeness (0 to 1) from which the names of two classes are no more than a guess."""
ALIKE = 0.75
ROW_PX, NAME_PX, SHOWN = 60, 420, 12


@dataclass(frozen=True, slots=True)
class AlikeClasses:
    """Two classes and the likeness (0 to 1) of their most similar pictures, in any turn."""

    one: str
    other: str
    likeness: float

    @property
    def cannot_be_told_apart(self) -> bool:
        """True where a picture of one is as good as one of the other."""
        return self.likeness >= TOO_ALIKE


def likeness_of_classes(references: ReferenceSet, namer: Namer) -> Floats:
    """Returns classes x classes: the likeness of the two most similar pictures; 1 on the
    diagonal."""
    pictures = _likeness(references.ink.astype(np.float32), namer)
    rows = np.array([references.classes.index(name) for name in references.names])
    count = len(references.classes)
    alike = np.full((count, count), -1, dtype=np.float32)
    np.maximum.at(alike, (rows[:, None], rows[None]), pictures)
    np.fill_diagonal(alike, 1)
    return np.maximum(alike, alike.T)


def _likeness(ink: Floats, namer: Namer) -> Floats:
    """Returns n x n: each picture upright beside each other in the turn that suits it best."""
    upright, plain = namer.directions(ink), normed(ink)
    of_turns = [
        CORRELATION_SHARE * plain @ normed(turned(ink, turns)).T
        + (1 - CORRELATION_SHARE) * upright @ namer.directions(turned(ink, turns)).T
        for turns in range(TURNS)
    ]
    return np.asarray(np.max(of_turns, axis=0))


def alike_classes(references: ReferenceSet, alike: Floats) -> list[AlikeClasses]:
    """Returns the pairs of classes that look alike, the most similar first."""
    names = references.classes
    pairs = [
        AlikeClasses(names[one], names[other], round(float(alike[one, other]), 3))
        for one, other in np.argwhere(np.triu(alike >= ALIKE, 1))
    ]
    return sorted(pairs, key=lambda pair: -pair.likeness)


def write_sheet(references: ReferenceSet, alike: Floats, file: Path) -> None:
    """Draws a row for each class, look-alikes beside each other, with the nearest other class."""
    order = ordered(alike)
    sheet = Image.new("L", (NAME_PX + SHOWN * ROW_PX, ROW_PX * len(order)), 255)
    pen = ImageDraw.Draw(sheet)
    for row, at in enumerate(order):
        pen.text((8, ROW_PX * row + 14), _caption(references.classes, alike, at), fill=0)
        pen.line((0, ROW_PX * row, sheet.width, ROW_PX * row), fill=200)
        for column, ink in enumerate(_pictures(references, at)[:SHOWN]):
            place = (NAME_PX + ROW_PX * column, ROW_PX * row + (ROW_PX - EMBEDDED_PX) // 2)
            sheet.paste(Image.fromarray(255 - ink), place)
    file.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(file)


def _pictures(references: ReferenceSet, at: int) -> list[NDArray[np.uint8]]:
    name = references.classes[at]
    return [ink for of, ink in zip(references.names, references.ink, strict=True) if of == name]


def _caption(classes: tuple[str, ...], alike: Floats, at: int) -> str:
    others = np.where(np.arange(len(classes)) == at, -1, alike[at])
    if len(classes) == 1:
        return classes[at]
    nearest = int(others.argmax())
    warning = ": cannot be told apart" if others[nearest] >= TOO_ALIKE else ""
    return f"{classes[at]}\nnearest: {classes[nearest]}, {others[nearest]:.2f}{warning}"


def ordered(alike: Floats) -> list[int]:
    """Returns the classes in an order that begins with the two most alike and goes on with the
    nearest to the one before."""
    left = set(range(len(alike)))
    apart = alike - 2 * np.eye(len(alike))
    order = [int(np.unravel_index(int(apart.argmax()), apart.shape)[0])] if left else []
    left -= set(order)
    while left:
        nearest = max(sorted(left), key=lambda at: apart[order[-1], at])
        order.append(nearest)
        left.remove(nearest)
    return order
