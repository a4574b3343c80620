"""The choice of windows of tiles that training looks at."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from tilescout_datasets.annotations import AnnotatedTile
from tilescout_datasets.tile_pixels import Place, pixels_of
from tilescout_train.targets import Objects, Targets, targets_of
from tilescout_train.windows import aged, objects_in, seen, view_around

OBJECT_SHARE = 0.7
"""The share of windows with an object; of the rest, half show what was found wrongly."""


@dataclass(slots=True)
class Sampler:
    """Draws windows of ``size`` px, each label as often as any other.

    The objects of a rare label are so repeated; each time they look different.
    """

    tiles: list[AnnotatedTile]
    labels: tuple[str, ...]
    size: int
    chance: np.random.Generator
    mistakes: list[Place] = field(default_factory=list)
    _places: dict[str, list[Place]] = field(init=False)

    def __post_init__(self) -> None:
        places: dict[str, list[Place]] = defaultdict(list)
        for number, tile in enumerate(self.tiles):
            for each in tile.annotations:
                places[each.label].append((number, *each.box.centre))
        self._places = dict(places)

    def batch(self, count: int) -> tuple[Tensor, Targets]:
        """Images (count x 1 x size x size) and what the maps should be."""
        drawn = [self._window() for _ in range(count)]
        images = torch.stack([image for image, _ in drawn])[:, None]
        return images, targets_of([objects for _, objects in drawn], len(self.labels), self.size)

    def _window(self) -> tuple[Tensor, Objects]:
        number, x, y = self._place()
        tile = self.tiles[number]
        view = view_around(x, y, self.size, self.chance)
        image = aged(seen(pixels_of(tile.file), view, self.size), self.chance)
        number_of = self.labels.index
        return image, objects_in(tile.annotations, tile.ignored, view, self.size, number_of)

    def _place(self) -> Place:
        drawn = self.chance.random()
        if drawn < OBJECT_SHARE:
            label = self.labels[self.chance.integers(len(self.labels))]
            return self._one_of(self._places[label])
        if self.mistakes and drawn < (1 + OBJECT_SHARE) / 2:
            return self._one_of(self.mistakes)
        number = int(self.chance.integers(len(self.tiles)))
        tile = self.tiles[number]
        return number, self.chance.uniform(0, tile.width), self.chance.uniform(0, tile.height)

    def _one_of(self, places: list[Place]) -> Place:
        return places[int(self.chance.integers(len(places)))]
