"""Scores how well an aligned place of a scanned page agrees with a symbol's picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tilescout.example_search.pixels.alignment import Aligned
from tilescout.example_search.pixels.ink import Picture
from tilescout.example_search.pixels.template import PixelTemplate
from tilescout.rendering.page_strokes import Floats

COVERED, CORRELATED = 0.4, 0.6
MISSING, EXTRA = 0.3, 0.4
MIN_SURPLUS = 0.4
"""Ink over the template's from which it is extra; less is a shift by a part of a pixel."""
OFF_SIZE, MAX_OFF_SIZE = 0.05, 0.3
SIZE_LEEWAY = 0.03
PARTS = 4
"""A symbol is divided into 4 x 4 parts; one that is mostly absent counts more than its ink."""
PART_COVERED = 0.6
MIN_PART, SMALL_PART = 0.02, 0.01
DIRECTION_ENERGY = 0.5


@dataclass(frozen=True, slots=True)
class Size:
    """The size that copies have against the template, and how much it varies, as logarithms."""

    middle: float
    spread: float


def size_of(places: Aligned) -> Size:
    """Returns the size of copies: their median, and half the range of their middle four fifths."""
    low, middle, high = np.percentile(places.scales(), (10, 50, 90)).tolist()
    return Size(middle, (high - low) / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """The measures of places, n each, as shares of the template's ink.

    ``covered`` is ink that is there in its direction, ``missing`` the parts that are mostly absent,
    ``correlated`` the normalised correlation inside the box (at most 1), and ``extra`` ink inside
    the box that the template lacks.
    """

    covered: Floats
    missing: Floats
    correlated: Floats
    extra: Floats


def traits_of(template: PixelTemplate, pictures: Picture) -> Traits:
    """Returns the measures of aligned pictures (n x 3 x rows x columns)."""
    ink = template.channels[0] * template.weights
    agreement = agreements(template, pictures)
    total = float(ink.sum())
    return Traits(
        covered=(agreement * ink).sum((1, 2)) / total,
        missing=_missing(ink, agreement),
        correlated=_correlations(template, pictures),
        extra=_extra_ink(template, pictures) / total,
    )


def agreements(template: PixelTemplate, pictures: Picture) -> Picture:
    """Returns from 0 to 1 how much of the template's ink and direction is there, per pixel."""
    ink, cosine, sine = template.channels
    product = pictures[:, 0] * ink + pictures[:, 1] * cosine + pictures[:, 2] * sine
    agreement: Picture = np.clip(product / np.maximum(2 * ink**2, 1e-3), 0, 1)
    return agreement


def _missing(ink: Picture, agreement: Picture) -> Floats:
    rows, columns = (np.arange(side) * PARTS // side for side in ink.shape)
    part = (rows[:, None] * PARTS + columns).ravel()
    member = (part == np.arange(PARTS**2)[:, None]).astype(np.float32)
    amounts = member @ ink.ravel()
    there = (agreement * ink).reshape(len(agreement), ink.size) @ member.T
    lacking = np.clip(PART_COVERED - there / np.maximum(amounts, 1e-6), 0, None) / PART_COVERED
    total = amounts.sum()
    weights = np.minimum(amounts, np.percentile(amounts[amounts > SMALL_PART * total], 75))
    weights[amounts < MIN_PART * total] = 0
    missing: Floats = lacking @ weights / weights.sum()
    return missing


def _correlations(template: PixelTemplate, pictures: Picture) -> Floats:
    weights = template.steadiness * _grown(template.inside.astype(np.float32))
    wanted = _centred(template.channels[None], weights)
    there = _centred(pictures, weights)
    product = (wanted * there * weights).sum((1, 2, 3))
    energies = (there**2 * weights).sum((1, 2, 3)) * (wanted**2 * weights).sum()
    correlations: Floats = product / np.sqrt(energies + 1e-6)
    return correlations


def _centred(pictures: Picture, weights: Picture) -> Picture:
    """Returns pictures whose ink has the weighted mean 0 and whose directions count half."""
    mean = (pictures[:, 0] * weights).sum((1, 2), keepdims=True) / weights.sum()
    centred = pictures * np.float32(np.sqrt(DIRECTION_ENERGY))
    centred[:, 0] = pictures[:, 0] - mean
    return centred


def _extra_ink(template: PixelTemplate, pictures: Picture) -> Floats:
    surplus = np.clip(pictures[:, 0] - template.channels[0] - MIN_SURPLUS, 0, 1)
    extra: Floats = (surplus * template.inside).sum((1, 2))
    return extra


def _grown(picture: Picture) -> Picture:
    padded = np.pad(picture, 1)
    rows, columns = picture.shape
    around = [padded[i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
    grown: Picture = np.max(around, axis=0)
    return grown


def scores(traits: Traits, extra: float) -> Floats:
    """Returns how well each place agrees, about 1 for a clean copy, whatever its size.

    ``extra`` is the share of extra ink that copies have.
    """
    surplus = np.clip(traits.extra - extra, 0, 1)
    agreement: Floats = (
        COVERED * traits.covered
        + CORRELATED * traits.correlated
        - MISSING * traits.missing
        - EXTRA * surplus
    )
    return agreement


def off_size(places: Aligned, size: Size) -> Floats:
    """Returns what a size other than the usual one takes of a score."""
    gaps = np.abs(places.scales() - size.middle) / (SIZE_LEEWAY + size.spread)
    lost: Floats = np.minimum(MAX_OFF_SIZE, OFF_SIZE * gaps)
    return lost
