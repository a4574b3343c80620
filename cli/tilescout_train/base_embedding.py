"""Trains the embedding of symbols that Tilescout ships, from made glyphs only.

    python -m tilescout_train.base_embedding FILE

The same seed, number of threads and kind of machine give the same file.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from tilescout_samples.made_pages import pages
from tilescout_train.embedding.network import GlyphNet, to_onnx
from tilescout_train.embedding.training import (
    EmbeddingSettings,
    Pictures,
    cut_out,
    made_pictures,
    train,
)

TOLD_EVERY = 200
TEST_CLASSES = 200


def main() -> None:
    options = _options()
    settings = EmbeddingSettings(
        iterations=options.iterations, seed=options.seed, threads=options.threads
    )
    started = time.process_time()
    network = train(settings, _tell)
    options.file.write_bytes(to_onnx(network))
    card = _card(network, settings) | {
        "training_cpu_seconds": round(time.process_time() - started, 1),
        "bytes": options.file.stat().st_size,
        "torch": torch.__version__,
        "made_by": [f"python -m tilescout_train.base_embedding {' '.join(sys.argv[1:])}"],
    }
    options.file.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n")
    print(json.dumps(card))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--iterations", type=int, default=EmbeddingSettings().iterations)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def _card(network: GlyphNet, settings: EmbeddingSettings) -> dict[str, Any]:
    chance = random.Random(f"held out {settings.seed}")
    glyphs = list(pages.random_classes(chance, TEST_CLASSES))
    return {
        "settings": asdict(settings),
        "held_out_classes": TEST_CLASSES,
        "named_right_by_one_reference": named_right(network, made_pictures(glyphs, 3, chance)),
    }


def named_right(network: GlyphNet, pictures: Pictures) -> float:
    """Returns the share of pictures whose nearest first picture is that of their class."""
    with torch.no_grad():
        directions = network(cut_out(pictures))
    classes = int(pictures.classes.max()) + 1
    nearest = (directions[classes:] @ directions[:classes].T).argmax(dim=1)
    return round(float((nearest == pictures.classes[classes:]).float().mean()), 4)


def _tell(iteration: int, loss: float) -> None:
    if iteration % TOLD_EVERY == 0:
        print(f"iteration {iteration}, loss {loss:.2f}", flush=True)


if __name__ == "__main__":
    main()
