"""The network: a small residual backbone, a feature pyramid (Lin et al., 2017) and one head.

Its finest level, 4 px a cell, holds the sum of all levels, so that one map serves symbols from
about 12 px to about 200 px. 383 thousand parameters with seven labels.
"""

from __future__ import annotations

import math

from torch import Tensor, nn
from torch.nn import functional

STRIDE = 4
STEP = 32
"""A side of the input is a multiple of it: the coarsest level has cells of 32 px."""
WIDTHS = (16, 16, 48, 80, 96)
PYRAMID = 32
HEAD = 32
# Share of cells that begin as objects: without it the many empty ones drown the few (Lin et al.,
# "Focal Loss for Dense Object Detection", 2017, section 4.1).
PRIOR = 0.01
MEAN_SIDE_PX = 16.0
# exp(5) times the mean side is over 2,000 px; more would overflow early in training.
MAX_LOG_SIDE = 5.0


def _layer(inside: int, outside: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride, 1, bias=False), nn.BatchNorm2d(outside), nn.ReLU()
    )


class Residual(nn.Module):
    """Two layers and a short cut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _layer(width, width)
        self.second = nn.Sequential(
            nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        )

    def forward(self, image: Tensor) -> Tensor:
        return functional.relu(image + self.second(self.first(image)))


class SymbolNet(nn.Module):
    """Grey images (n x 1 x H x W, 0 to 255, paper white) to maps a quarter as wide and high."""

    def __init__(self, labels: int) -> None:
        super().__init__()
        stem, fine, middle, coarse, coarsest = WIDTHS
        self.stem = _layer(1, stem, 2)
        self.fine = nn.Sequential(_layer(stem, fine, 2), _layer(fine, fine))
        self.middle = nn.Sequential(_layer(fine, middle, 2), Residual(middle))
        self.coarse = nn.Sequential(_layer(middle, coarse, 2), Residual(coarse))
        self.coarsest = nn.Sequential(_layer(coarse, coarsest, 2), _layer(coarsest, coarsest))
        self.across = nn.ModuleList(nn.Conv2d(width, PYRAMID, 1) for width in WIDTHS[1:])
        self.smooth = _layer(PYRAMID, HEAD)
        self.head = _layer(HEAD, HEAD)
        self.scores = nn.Conv2d(HEAD, labels, 1)
        self.sides = nn.Conv2d(HEAD, 4, 1)
        nn.init.constant_(self.scores.bias, -math.log((1 - PRIOR) / PRIOR))
        nn.init.zeros_(self.sides.weight)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Scores (0 to 1) and sides (px), as docs/detector.md tells."""
        logits, sides = self.raw(image.float())
        return logits.sigmoid(), sides

    def raw(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of the scores, and sides in px."""
        features = self.head(self.smooth(self._pyramid(1 - image / 255)))
        sides = MEAN_SIDE_PX * self.sides(features).clamp(-MAX_LOG_SIDE, MAX_LOG_SIDE).exp()
        return self.scores(features), sides

    def _pyramid(self, ink: Tensor) -> Tensor:
        fine = self.fine(self.stem(ink))
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        found = self.across[3](self.coarsest(coarse))
        for level, features in ((2, coarse), (1, middle), (0, fine)):
            found = self.across[level](features) + functional.interpolate(found, scale_factor=2.0)
        return found
