"""The training loop: the same seed, threads and kind of machine give the same weights."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from tilescout.detectors.onnx.answers import (
    FoundBoxes,
    ModelCard,
    found_boxes,
    model_input,
    whitened,
)
from tilescout_datasets.annotations import UnusableAnnotations
from tilescout_datasets.datasets import SYMBOL, Dataset, with_one_label
from tilescout_train.checkpoints import State
from tilescout_train.evaluation import Accuracy, Find, accuracy, look, mistakes, raw_card
from tilescout_train.losses import total_loss
from tilescout_train.network import STEP, STRIDE, SymbolNet
from tilescout_train.sampling import Sampler

Weights = Mapping[str, Tensor]
LARGEST_AVERAGED = 0.995
WEIGHT_DECAY = 1e-3
WARM_UP_SHARE = 0.1
GOING_ON = 1 / 3
"""The share of the learning rate where weights are given, so that they are not lost."""
LARGEST_GRADIENT = 10.0
KEPT_EVERY = 25
"""Iterations after which the state is kept, so at most so many are done again."""
LOOKED_AT = 24
"""Tiles of the training part that are searched for mistakes each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """``window`` px a side, a multiple of 32. Training ends after ``iterations``, or when
    ``patience`` evaluations, every ``evaluate_every`` iterations, were no better.

    ``device`` is "cpu", "cuda", or "auto" for a GPU where there is one. With ``one_label`` the
    network learns what a symbol is, whatever its label, on white paper.
    """

    iterations: int = 1500
    batch: int = 8
    window: int = 224
    learning_rate: float = 3e-3
    evaluate_every: int = 150
    patience: int = 6
    seed: int = 1
    threads: int = 2
    device: str = "auto"
    one_label: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """After an iteration (from 1); ``accuracy`` of held-out pages where it was just measured."""

    iteration: int
    iterations: int
    loss: float
    accuracy: Accuracy | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """The best network, on the CPU, with its thresholds; ``iterations`` until it was reached."""

    network: SymbolNet
    card: ModelCard
    accuracy: Accuracy
    iterations: int


def train(
    dataset: Dataset,
    settings: Settings,
    *,
    weights: Weights | None = None,
    before: State | None = None,
    keep: Callable[[State], None] = lambda state: None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> Trained:
    """Learns the labels of ``dataset``, from ``weights`` of another training where given.

    Training stops early by the mean average precision on the held-out pages, and takes each label's
    threshold where its F1 is largest there. ``keep`` is called with states; with one of them as
    ``before`` a training of the same kind goes on, to the same weights. Raises UnusableAnnotations
    for a data set without objects.
    """
    labels = labels_learnt(dataset, settings)
    if not dataset.labels or not dataset.test:
        raise UnusableAnnotations(
            "a data set must have objects to train with and held-out tiles; it has "
            f"{len(dataset.labels)} labels and {len(dataset.test)} held-out tiles; annotate more "
            "pages"
        )
    device = _settle(settings)
    network = SymbolNet(len(labels))
    if weights is not None:
        take_over(network, weights)
        settings = replace(settings, learning_rate=GOING_ON * settings.learning_rate)
    run = _Run(network.to(device), dataset, settings, device)
    if before is not None:
        run.restore(before)
    return run.learn(on_progress, keep)


def labels_learnt(dataset: Dataset, settings: Settings) -> tuple[str, ...]:
    """Returns the labels that the network will have."""
    return (SYMBOL,) if settings.one_label else dataset.labels


def _settle(settings: Settings) -> str:
    torch.manual_seed(settings.seed)
    torch.set_num_threads(settings.threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    if settings.device != "auto":
        return settings.device
    return "cuda" if torch.cuda.is_available() else "cpu"


def take_over(network: SymbolNet, weights: Weights) -> None:
    """Takes weights of the same shape: of a model with other labels all but its last layer."""
    own = network.state_dict()
    fitting = {
        name: value
        for name, value in weights.items()
        if name in own and own[name].shape == value.shape
    }
    network.load_state_dict(own | fitting)


class _Run:
    """One training under way."""

    def __init__(
        self, network: SymbolNet, dataset: Dataset, settings: Settings, device: str
    ) -> None:
        self._network = network.to(memory_format=torch.channels_last)
        self._settings, self._device = settings, device
        self._dataset = with_one_label(dataset) if settings.one_label else dataset
        self._labels = self._dataset.labels
        # Averages of the weights are steadier than the last ones (Polyak, 1992).
        self._average = AveragedModel(
            network, multi_avg_fn=_averaged_after(settings.iterations), use_buffers=True
        )
        self._sampler = Sampler(
            dataset.train, dataset.labels, settings.window,
            np.random.default_rng(settings.seed), settings.one_label,
        )  # fmt: skip
        self._optimiser = torch.optim.AdamW(
            network.parameters(), settings.learning_rate, weight_decay=WEIGHT_DECAY
        )
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(
            self._optimiser, settings.learning_rate, total_steps=settings.iterations,
            pct_start=WARM_UP_SHARE,
        )  # fmt: skip
        self._best: Trained | None = None
        self._iteration = self._worse = 0

    def learn(
        self, on_progress: Callable[[Progress], None], keep: Callable[[State], None]
    ) -> Trained:
        """Returns the best network; ``keep`` is called with states to restore."""
        while self._iteration < self._settings.iterations and self._worse < self._settings.patience:
            self._iteration += 1
            value = self._step()
            measured = self._measured_when_due()
            if measured is not None or self._iteration % KEPT_EVERY == 0:
                keep(self._state())
            on_progress(Progress(iteration=self._iteration, iterations=self._settings.iterations,
                                 loss=value, accuracy=measured))  # fmt: skip
        assert self._best is not None, "the last iteration measures"
        return self._best

    def _measured_when_due(self) -> Accuracy | None:
        is_last = self._iteration == self._settings.iterations
        if not is_last and self._iteration % self._settings.evaluate_every:
            return None
        measured = self._measure()
        if self._best is None or _is_better(measured, self._best.accuracy):
            network = copy.deepcopy(self._average.module).to("cpu").eval()
            self._best, self._worse = self._trained(network, measured, self._iteration), 0
        else:
            self._worse += 1
        return measured

    def _parts(self) -> dict[str, Any]:
        return {
            "network": self._network,
            "average": self._average,
            "optimiser": self._optimiser,
            "schedule": self._schedule,
        }

    def _state(self) -> State:
        best = self._best
        return {name: part.state_dict() for name, part in self._parts().items()} | {
            "iteration": self._iteration,
            "worse": self._worse,
            "chance": self._sampler.chance.bit_generator.state,
            "torch": torch.get_rng_state(),
            "mistakes": self._sampler.mistakes,
            "best": best and {
                "iteration": best.iterations,
                "network": best.network.state_dict(),
                "accuracy": best.accuracy.plain(),
            },
        }  # fmt: skip

    def restore(self, state: State) -> None:
        """Takes over a state that a training of the same data and settings has kept."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self._iteration, self._worse = state["iteration"], state["worse"]
        self._sampler.chance.bit_generator.state = state["chance"]
        torch.set_rng_state(state["torch"])
        self._sampler.mistakes = state["mistakes"]
        if best := state["best"]:
            network = SymbolNet(len(self._labels))
            network.load_state_dict(best["network"])
            measured = Accuracy(**best["accuracy"])
            self._best = self._trained(network.eval(), measured, best["iteration"])

    def _step(self) -> float:
        images, targets = self._sampler.batch(self._settings.batch)
        self._network.train()
        images = images.to(self._device, memory_format=torch.channels_last)
        logits, sides = self._network.raw(images)
        value = total_loss(logits, sides, targets.to(self._device))
        self._optimiser.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), LARGEST_GRADIENT)
        self._optimiser.step()
        self._schedule.step()
        self._average.update_parameters(self._network)
        return float(value.detach())

    def _measure(self) -> Accuracy:
        """Returns the accuracy on held-out pages, and notes mistakes on training tiles."""
        white = self._settings.one_label
        find = finder(self._average.module, self._labels, self._device, paper_is_white=white)
        self._note_mistakes(find)
        images = [look(tile, self._labels, find) for tile in self._dataset.test]
        return accuracy(images, self._labels)

    def _note_mistakes(self, find: Find) -> None:
        tiles = self._dataset.train
        drawn = self._sampler.chance.permutation(len(tiles))[:LOOKED_AT]
        found = [mistakes(int(at), look(tiles[at], self._labels, find)) for at in drawn]
        self._sampler.mistakes = [each for places in found for each in places]

    def _trained(self, network: SymbolNet, measured: Accuracy, iteration: int) -> Trained:
        card = ModelCard(
            labels=self._labels,
            thresholds=measured.thresholds,
            step=STEP,
            stride=STRIDE,
            dpi=self._dataset.dpi,
            tile_size=self._dataset.tile_size,
            paper_is_white=self._settings.one_label,
        )
        return Trained(network=network, card=card, accuracy=measured, iterations=iteration)


def _is_better(one: Accuracy, other: Accuracy) -> bool:
    return _rank(one) > _rank(other)


def _rank(measured: Accuracy) -> tuple[float, float]:
    return round(measured.mean_average_precision, 4), float(np.mean(measured.f1s))


def _averaged_after(
    iterations: int,
) -> Callable[[list[Tensor], list[Tensor], Tensor | int], None]:
    """The average forgets the first weights, sooner in a short training."""
    most = min(LARGEST_AVERAGED, 1 - 30 / max(60, iterations))

    def update(averages: list[Tensor], now: list[Tensor], count: Tensor | int) -> None:
        kept = min(most, (1 + int(count)) / (10 + int(count)))
        for average, value in zip(averages, now, strict=True):
            if average.is_floating_point():
                average.lerp_(value, 1 - kept)
            else:
                average.copy_(value)

    return update


def finder(
    network: torch.nn.Module,
    labels: tuple[str, ...],
    device: str = "cpu",
    *,
    paper_is_white: bool = False,
) -> Find:
    """Finds objects by the network itself; a confidence is 100 times the score."""
    card = raw_card(labels, step=STEP, stride=STRIDE)
    network.eval()

    def find(grey: NDArray[np.uint8]) -> FoundBoxes:
        grey = whitened(grey) if paper_is_white else grey
        with torch.no_grad():
            image = torch.from_numpy(model_input(grey, STEP)).to(device)
            scores, sides = (each[0].cpu().numpy() for each in network(image))
        return found_boxes(scores, sides, card, (grey.shape[1], grey.shape[0]))

    return find
