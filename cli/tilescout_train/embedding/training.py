"""Trains the embedding: which of many classes of glyphs is it, or none of them.

A softmax over cosines (Wang et al., "NormFace", 2017) with one more logit, which stands for
"none" and is right for scraps of pages.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from tilescout.detectors.references.likeness import EMBEDDED_PX
from tilescout_datasets.references.sources import Reference
from tilescout_samples.made_pages import pages, paper
from tilescout_samples.made_pages.glyphs import Glyph
from tilescout_samples.made_pages.pictures import CELL_PX, GlyphPictures, pictures_of
from tilescout_train.embedding.network import NUMBERS, GlyphNet, from_onnx

Floats = NDArray[np.float32]
VARIANTS = 4
"""Drawings of each class."""
REFERENCE_PX = 2 * EMBEDDED_PX
SCRAP_PAGES = 24
SCRAPS_PER_PAGE = 80
SCRAP_IOU = 0.35
NONE_COSINE = 0.45
"""The cosine that a picture must have with a class to be of it rather than of none."""
SHARPNESS = 18.0
BOX_JITTER = 0.07
"""The share of a side by which a found box is off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingSettings:
    classes: int = 1200
    iterations: int = 800
    batch: int = 96
    scraps: int = 24
    learning_rate: float = 3e-3
    seed: int = 1
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Pictures:
    """``pixels`` n x h x h (0 to 255), the glyph's ``boxes`` n x 4 in them, its ``classes`` n."""

    pixels: Tensor
    boxes: Tensor
    classes: Tensor


def train(
    settings: EmbeddingSettings, on_progress: Callable[[int, float], None] = lambda at, loss: None
) -> GlyphNet:
    """Learns made glyphs and scraps of made pages."""
    _settle(settings)
    chance = random.Random(settings.seed)
    glyphs = list(pages.random_classes(chance, settings.classes))
    known = made_pictures(glyphs, VARIANTS, chance)
    return learnt(GlyphNet(), known, scraps(settings.seed), settings, on_progress)


def tuned(file: bytes, references: Sequence[Reference], settings: EmbeddingSettings) -> GlyphNet:
    """Trains the network of a file further on references, beside made glyphs and scraps."""
    _settle(settings)
    chance = random.Random(settings.seed)
    glyphs = list(pages.random_classes(chance, settings.classes))
    made = made_pictures(glyphs, VARIANTS, chance)
    mine = _pictures_of(references, len(glyphs), max(1, len(made.pixels) // len(references)))
    parts = zip(_fields(made), _fields(mine), strict=True)
    known = Pictures(*(torch.cat(pair) for pair in parts))
    return learnt(from_onnx(file), known, scraps(settings.seed), settings)


def _fields(pictures: Pictures) -> tuple[Tensor, Tensor, Tensor]:
    return pictures.pixels, pictures.boxes, pictures.classes


def _pictures_of(references: Sequence[Reference], first: int, times: int) -> Pictures:
    """References in the middle of white cells, as often as all made glyphs together."""
    names = sorted({each.name for each in references})
    cells = np.full((len(references), CELL_PX, CELL_PX), 255, dtype=np.uint8)
    low, high = (CELL_PX - REFERENCE_PX) // 2, (CELL_PX + REFERENCE_PX) // 2
    for cell, each in zip(cells, references, strict=True):
        size = (REFERENCE_PX, REFERENCE_PX)
        cell[low:high, low:high] = np.asarray(Image.fromarray(255 - each.ink).resize(size))
    classes = torch.tensor([first + names.index(each.name) for each in references])
    boxes = torch.tensor([[low, low, high, high]], dtype=torch.float32)
    return Pictures(
        torch.from_numpy(cells).repeat(times, 1, 1),
        boxes.repeat(times * len(references), 1),
        classes.repeat(times),
    )


def _settle(settings: EmbeddingSettings) -> None:
    torch.manual_seed(settings.seed)
    torch.set_num_threads(settings.threads)
    torch.use_deterministic_algorithms(True, warn_only=True)


def made_pictures(glyphs: list[Glyph], variants: int, chance: random.Random) -> Pictures:
    """Returns ``variants`` pictures of each glyph; its place in the list is its class."""
    drawn: GlyphPictures = pictures_of(glyphs * variants, chance)
    classes = torch.arange(len(glyphs)).repeat(variants)
    return Pictures(torch.from_numpy(drawn.pixels.copy()), torch.from_numpy(drawn.boxes), classes)


def scraps(seed: int) -> Tensor:
    """Returns pictures of 48 px of places on made pages that are no glyph, or half of one."""
    found = [scrap for number in range(SCRAP_PAGES) for scrap in _scraps_of_page(seed, number)]
    return torch.from_numpy(np.stack(found))


def _scraps_of_page(seed: int, number: int) -> list[Floats]:
    chance = np.random.default_rng((seed, number))
    page = pages.made_page(random.Random(f"scraps {seed}/{number}"))
    boxes = np.array([(b.left, b.top, b.right, b.bottom) for b in pages.boxes_px(page, 150)])
    pixels = torch.from_numpy(paper.drawn(page.sheet, 150)).float()
    places = _places(boxes, pixels.shape, chance)
    cut = [_cut(pixels, place) for place in places]
    return [scrap for scrap in cut if scrap.min() < 128][:SCRAPS_PER_PAGE]


def _places(
    boxes: NDArray[np.float64], shape: torch.Size, chance: np.random.Generator
) -> NDArray[np.float64]:
    """Boxes beside glyphs and anywhere, none of which is nearly that of a glyph."""
    from tilescout_train.accuracy import ious

    count = 3 * SCRAPS_PER_PAGE
    sizes = np.exp(chance.uniform(np.log(20), np.log(70), (count, 2)))
    anywhere = chance.uniform(0, 1, (count, 2)) * (shape[1], shape[0])
    near = boxes[chance.integers(len(boxes), size=count)]
    beside = (near[:, :2] + near[:, 2:]) / 2 + chance.normal(0, 0.6, (count, 2)) * sizes
    centres = np.where(chance.random((count, 1)) < 0.5, anywhere, beside)
    places = np.concatenate((centres - sizes / 2, centres + sizes / 2), axis=1)
    inside = (
        (places[:, :2].min(axis=1) >= 0) & (places[:, 2] < shape[1]) & (places[:, 3] < shape[0])
    )
    return np.asarray(places[inside & (ious(places, boxes).max(axis=1) < SCRAP_IOU)])


def _cut(pixels: Tensor, place: NDArray[np.float64]) -> Floats:
    left, top, right, bottom = (int(side) for side in place)
    part = pixels[top:bottom, left:right][None, None]
    size = (EMBEDDED_PX, EMBEDDED_PX)
    drawn = functional.interpolate(part, size, mode="bilinear", antialias=True)
    return np.asarray(drawn[0, 0].numpy(), dtype=np.float32)


def learnt(
    network: GlyphNet,
    known: Pictures,
    none: Tensor,
    settings: EmbeddingSettings,
    on_progress: Callable[[int, float], None] = lambda at, loss: None,
) -> GlyphNet:
    """Trains the network on the pictures and returns it, ready to be asked."""
    chance = torch.Generator().manual_seed(settings.seed)
    classes = int(known.classes.max()) + 1
    centres = nn.Parameter(functional.normalize(torch.randn(classes, NUMBERS, generator=chance)))
    weights = [*network.parameters(), centres]
    optimiser = torch.optim.AdamW(weights, settings.learning_rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, settings.learning_rate, total_steps=settings.iterations, pct_start=0.1
    )
    network.train()
    for iteration in range(1, settings.iterations + 1):
        pictures, wanted = _batch(known, none, settings, chance, classes)
        loss = _loss(network(pictures), centres, wanted)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        on_progress(iteration, float(loss.detach()))
    network.eval()
    return network


def _loss(directions: Tensor, centres: Tensor, wanted: Tensor) -> Tensor:
    cosines = directions @ functional.normalize(centres).T
    none = torch.full((len(cosines), 1), NONE_COSINE)
    return functional.cross_entropy(SHARPNESS * torch.cat((cosines, none), 1), wanted)


def _batch(
    known: Pictures, none: Tensor, settings: EmbeddingSettings, chance: torch.Generator,
    classes: int,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    rows = torch.randint(len(known.pixels), (settings.batch,), generator=chance)
    of_none = torch.randint(len(none), (settings.scraps,), generator=chance)
    boxes = known.boxes[rows]
    sizes = (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)
    off = sizes * BOX_JITTER * (2 * torch.rand(boxes.shape, generator=chance) - 1)
    shown = cut_out(Pictures(known.pixels[rows], boxes + off, known.classes[rows]))
    pictures = torch.cat((shown, none[of_none][:, None]))
    wanted = torch.cat((known.classes[rows], torch.full((settings.scraps,), classes)))
    return aged(pictures, chance), wanted


def cut_out(pictures: Pictures) -> Tensor:
    """Returns what the boxes show (n x 1 x 48 x 48)."""
    side = pictures.pixels.shape[-1]
    low, high = pictures.boxes[:, :2], pictures.boxes[:, 2:]
    theta = torch.zeros(len(low), 2, 3)
    theta[:, 0, 0], theta[:, 1, 1] = ((high - low) / side).T
    theta[:, :, 2] = (low + high) / side - 1
    twice = [len(low), 1, 2 * EMBEDDED_PX, 2 * EMBEDDED_PX]
    grid = functional.affine_grid(theta, twice, align_corners=False)
    ink = 255 - pictures.pixels[:, None].float()
    return 255 - functional.avg_pool2d(functional.grid_sample(ink, grid, align_corners=False), 2)


def aged(pictures: Tensor, chance: torch.Generator) -> Tensor:
    """Lines thicker or thinner, coarser pixels, paler ink, grain."""
    ink = 255 - pictures
    count = len(ink)
    thick = functional.max_pool2d(ink, 3, 1, 1)
    thin = -functional.max_pool2d(-ink, 3, 1, 1)
    soft = functional.interpolate(functional.avg_pool2d(ink, 2), scale_factor=2.0, mode="bilinear")
    drawn = torch.rand(count, 1, 1, 1, generator=chance)
    share = 0.7 * torch.rand(count, 1, 1, 1, generator=chance)
    other = torch.where(drawn < 0.2, thick, torch.where(drawn < 0.3, thin, soft))
    ink = torch.where(drawn < 0.6, (1 - share) * ink + share * other, ink)
    ink = ink * (0.6 + 0.4 * torch.rand(count, 1, 1, 1, generator=chance))
    grain = torch.randn(ink.shape, generator=chance)
    ink = ink + 10 * torch.rand(count, 1, 1, 1, generator=chance) * grain
    return (255 - ink).clamp(0, 255)
