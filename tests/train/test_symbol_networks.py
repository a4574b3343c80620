"""Training of the two networks behind references: any symbol, and how alike two are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tilescout.detectors.onnx.model import OnnxModel, session
from tilescout_datasets.references import base_models
from tilescout_datasets.references.sources import Reference
from tilescout_train.embedding.network import from_onnx, to_onnx
from tilescout_train.embedding.training import EmbeddingSettings, tuned
from tilescout_train.made_data import made_dataset, pasted_dataset
from tilescout_train.recipe import make_model
from tilescout_train.training import Settings

SHORT = Settings(iterations=2, batch=2, window=64, evaluate_every=2, threads=1, one_label=True)


def references() -> list[Reference]:
    ink = np.zeros((48, 48), np.uint8)
    ink[10:40, 10:14] = 255
    return [Reference("bar", ink, (30.0, 40.0)), Reference("lying", ink.T.copy(), (40.0, 30.0))]


def test_one_label_goes_on_from_the_shipped_detector_and_keeps_it(tmp_path: Path) -> None:
    dataset = made_dataset(9, tmp_path, seed=3)

    recipe = make_model(dataset, SHORT, tmp_path / "any.onnx", start=base_models.DETECTOR)

    card = OnnxModel(tmp_path / "any.onnx").card
    assert (card.labels, card.paper_is_white) == (("symbol",), True)
    assert recipe["mean_average_precision"] > 0.5
    assert len(dataset.labels) > 9


def test_made_pages_show_the_references_that_are_pasted(tmp_path: Path) -> None:
    dataset = pasted_dataset(references(), 8, tmp_path, seed=3)

    assert {"bar", "lying"} <= set(dataset.labels)


def test_the_file_of_the_embedding_answers_as_the_network() -> None:
    network = from_onnx(base_models.EMBEDDING.read_bytes())
    pictures = 255 * np.random.default_rng(1).random((3, 1, 48, 48)).astype(np.float32)

    answered = session(to_onnx(network), 1).run(["directions"], {"pictures": pictures})[0]

    with torch.no_grad():
        wanted = network(torch.from_numpy(pictures)).numpy()
    assert answered == pytest.approx(wanted, abs=1e-4)


def test_the_embedding_learns_references_beside_made_glyphs() -> None:
    settings = EmbeddingSettings(classes=10, iterations=2, batch=4, scraps=2, threads=1)

    network = tuned(base_models.EMBEDDING.read_bytes(), references(), settings)

    assert not network.training
