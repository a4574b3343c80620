"""The losses that training makes small: the focal loss of centres and the loss of boxes."""

from __future__ import annotations

import torch
from torch import Tensor

from tilescout_train.targets import Targets

BOX_WEIGHT = 2.0
ALPHA, BETA = 2, 4
"""Zhou et al., "Objects as Points", 2019, equation 1."""
LEAST = 1e-4


def total_loss(logits: Tensor, sides: Tensor, targets: Targets) -> Tensor:
    """Returns the loss of a batch: centres by objects, boxes by the cells that tell them."""
    return centre_loss(logits, targets) + BOX_WEIGHT * box_loss(sides, targets)


def centre_loss(logits: Tensor, targets: Targets) -> Tensor:
    """Returns the focal loss, which forgives cells near a centre and leaves out ignored objects."""
    score = logits.sigmoid().clamp(LEAST, 1 - LEAST)
    is_centre = (targets.heat == 1).float()
    found = is_centre * (1 - score) ** ALPHA * score.log()
    empty = (1 - is_centre) * (1 - targets.heat) ** BETA * score**ALPHA * (1 - score).log()
    counted = (found + empty) * targets.counts
    return -counted.sum() / is_centre.sum().clamp(min=1)


def box_loss(sides: Tensor, targets: Targets) -> Tensor:
    """Returns 1 - GIoU (Rezatofighi et al., 2019) of cells near a centre, by their weight.

    Two boxes around one cell meet at the cell, so only sides are compared.
    """
    wanted, weight = targets.sides, targets.weights
    one = (sides[:, 0] + sides[:, 2]) * (sides[:, 1] + sides[:, 3])
    other = (wanted[:, 0] + wanted[:, 2]) * (wanted[:, 1] + wanted[:, 3])
    least, most = torch.minimum(sides, wanted), torch.maximum(sides, wanted)
    common = (least[:, 0] + least[:, 2]).clamp(min=0) * (least[:, 1] + least[:, 3]).clamp(min=0)
    around = (most[:, 0] + most[:, 2]) * (most[:, 1] + most[:, 3])
    union = one + other - common
    giou = common / union.clamp(min=1) - (around - union) / around.clamp(min=1)
    return ((1 - giou) * weight).sum() / weight.sum().clamp(min=1)
