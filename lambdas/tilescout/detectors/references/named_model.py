"""A detector of symbols whose finds are named by a set of references."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilescout.detectors.onnx.answers import (
    FLOOR,
    SAME_IOU,
    Floats,
    FoundBoxes,
    suppressed,
    whitened,
)
from tilescout.detectors.onnx.cards import OnnxCard
from tilescout.detectors.onnx.layout_choice import Layout
from tilescout.detectors.onnx.model import ServedModel, session
from tilescout.detectors.references.likeness import (
    EMBEDDED_PX,
    Fit,
    Fitter,
    Pixels,
    pictures,
    turned,
)
from tilescout.detectors.references.reference_set import ReferenceSet, references_in
from tilescout.errors import UnusableModel

CORRELATION_SHARE = 0.2
"""The share of the correlation in a likeness; the rest is the cosine of the embedding."""
COMPARED = 10
"""References, those that correlate best, whose embeddings are compared."""
SIZE_PRICE = 0.3
"""The likeness that a find loses by the logarithm of how much larger or smaller each of its sides
is than the reference's; chosen on sheets that no figure of the documentation is from."""
LIKE_IOU = 0.5
"""Two found symbols that overlap more than this are one."""


def open_model(
    file: bytes,
    card: OnnxCard | None = None,
    *,
    labels: tuple[str, ...] = (),
    layout: Layout | None = None,
    threads: int = 1,
) -> ServedModel | NamedModel:
    """Returns the model of a file; one with references in it names what it finds.

    Raises UnusableModel where the file is no model, or not of a known layout.
    """
    given = None if card and card.has_references else card
    model = ServedModel(file, given, labels=labels, layout=layout, threads=threads)
    references = references_in(model.metadata)
    return model if references is None else NamedModel(model, references, threads=threads)


class Namer:
    """Tells which reference a box shows."""

    def __init__(self, references: ReferenceSet, *, threads: int = 1) -> None:
        if not references.names:
            raise UnusableModel(
                "a set of references must have a picture; it has none; make it again with "
                "`tilescout references make`"
            )
        self._references = references
        self._session = session(references.embedding, threads)
        ink = references.ink.astype(np.float32)
        self._fitter, self._directions = Fitter(ink), self.directions(ink)
        self._classes = np.array([references.classes.index(name) for name in references.names])

    def directions(self, ink: Floats) -> Floats:
        """Returns what the embedding answers for pictures (n x 48 x 48): n x 64 of length 1."""
        answered = self._session.run(["directions"], {"pictures": 255 - ink[:, None]})
        return np.asarray(answered[0])

    def named(self, page: Pixels, box: NDArray[np.float64]) -> tuple[int, float, Floats]:
        """Returns class, likeness (0 to 1) and corrected sides of a box on a page of white paper.

        The class is the place among the set's labels.
        """
        fits = self._fitter.fits(page, box, COMPARED)
        likeness = self._likeness(page, fits) - self._size_prices(box, fits)
        best = int(likeness.argmax())
        if likeness[best] < self._references.min_likeness:
            return len(self._references.classes), float(likeness[best]), box.astype(np.float32)
        name = int(self._classes[fits[best].reference])
        return name, float(likeness[best]), fits[best].box.astype(np.float32)

    def _size_prices(self, box: NDArray[np.float64], fits: list[Fit]) -> Floats:
        """Returns what each fit costs because the symbol is not as large as the reference."""
        sizes = np.array([
            self._references.sizes[fit.reference][:: -1 if fit.turns % 2 else 1] for fit in fits
        ])  # fmt: skip
        away = np.abs(np.log((box[2:] - box[:2]) / sizes)).sum(axis=1)
        return np.asarray(SIZE_PRICE * self._references.sizes_count * away, dtype=np.float32)

    def _likeness(self, page: Pixels, fits: list[Fit]) -> Floats:
        shown = pictures(page, np.array([fit.box for fit in fits]), EMBEDDED_PX)
        upright = [turned(ink, -fit.turns) for ink, fit in zip(shown, fits, strict=True)]
        mine = self.directions(np.array(upright, dtype=np.float32))
        cosines = (mine * self._directions[[fit.reference for fit in fits]]).sum(axis=1)
        correlations = np.array([fit.correlation for fit in fits], dtype=np.float32)
        return np.asarray(
            CORRELATION_SHARE * correlations + (1 - CORRELATION_SHARE) * cosines, dtype=np.float32
        )


class NamedModel:
    """A detector with references; ``card`` has the labels of their classes, and unknown."""

    is_constant = False

    def __init__(
        self, detector: ServedModel, references: ReferenceSet, *, threads: int = 1
    ) -> None:
        """Raises UnusableModel where the references cannot be used."""
        self._detector, self.references = detector, references
        self.metadata = detector.metadata
        self._namer = Namer(references, threads=threads)
        labels = references.labels
        self.card: OnnxCard = replace(
            detector.card, labels=labels, thresholds=(0.5,) * len(labels), has_references=True
        )

    def find(self, image: NDArray[Any], floor: float = FLOOR) -> FoundBoxes:
        """Returns named symbols on a grey image (h x w), the most confident first.

        Raises UnusableModel where the detector cannot be run on it.
        """
        found = self._detector.find(image, floor)
        page = whitened(image)
        named = [self._namer.named(page, box.astype(np.float64)) for box in found.boxes]
        labels = np.array([name for name, _, _ in named], dtype=np.int64)
        boxes = np.array([box for _, _, box in named], dtype=np.float32).reshape(-1, 4)
        kept = suppressed(boxes, labels, SAME_IOU, LIKE_IOU)
        likeness = np.array([alike for _, alike, _ in named], dtype=np.float32)
        return FoundBoxes(
            boxes[kept], found.confidences[kept], labels[kept], likeness=likeness[kept]
        )
