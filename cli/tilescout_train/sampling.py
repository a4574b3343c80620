"""The choice of windows of tiles that training looks at."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from tilescout_datasets.annotations import AnnotatedTile
from tilescout_datasets.tile_pixels import Place, pixels_of, white_pixels_of
from tilescout_train.targets import Objects, Targets, targets_of
from tilescout_train.windows import aged, objects_in, seen, view_around

OBJECT_SHARE = 0.7
"""The share of windows with an object; of the rest, half show what was found wrongly."""


@dataclass(slots=True)
class Sampler:
    """Draws windows of ``size`` px, each label as often as any other.

    The objects of a rare label are so repeated; each time they look different. With
    ``one_label`` all labels share one map, and paper is made white.
    """

    tiles: list[AnnotatedTile]
    labels: tuple[str, ...]
    size: int
    chance: np.random.Generator
    one_label: bool = False
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
        maps = 1 if self.one_label else len(self.labels)
        return images, targets_of([objects for _, objects in drawn], maps, self.size)

    def _window(self) -> tuple[Tensor, Objects]:
        number, x, y = self._place()
        tile = self.tiles[number]
        view = view_around(x, y, self.size, self.chance)
        pixels = white_pixels_of(tile.file) if self.one_label else pixels_of(tile.file)
        image = aged(seen(pixels, view, self.size), self.chance)
        return image, objects_in(tile.annotations, tile.ignored, view, self.size, self._map_of)

    def _map_of(self, label: str) -> int:
        return 0 if self.one_label else self.labels.index(label)

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
