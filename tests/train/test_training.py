"""Training, export and serving together; `make check-all` runs it, with the extra `train`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from tilescout.detectors.onnx.model import OnnxModel
from tilescout.geometry import Box
from tilescout_datasets.annotations import AnnotatedTile, Annotation, UnusableAnnotations
from tilescout_datasets.datasets import Dataset
from tilescout_datasets.tile_pixels import pixels_of
from tilescout_train import export
from tilescout_train.checkpoints import checkpoint_beside
from tilescout_train.recipe import make_model
from tilescout_train.sampling import Sampler
from tilescout_train.targets import Objects, targets_of
from tilescout_train.training import Progress, Settings, Trained, train
from tilescout_train.windows import (
    View,
    is_nearly_upright,
    moved_box,
    objects_in,
    seen,
    view_around,
)

SETTINGS = Settings(
    iterations=160, batch=4, window=96, learning_rate=6e-3, evaluate_every=80, seed=3, threads=1
)
SIDE = 128


def drawn_tile(folder: Path, number: int) -> AnnotatedTile:
    """Draws four squares and four discs of 16 to 24 px on paper."""
    chance = np.random.default_rng(number)
    image = Image.new("L", (SIDE, SIDE), 255)
    pen = ImageDraw.Draw(image)
    found = []
    for place in range(8):
        x, y = 30 * (place % 4) + chance.integers(2, 6), 30 * (place // 4) + chance.integers(2, 60)
        size = int(chance.integers(16, 24))
        box = (int(x), int(y), int(x) + size, int(y) + size)
        label = ("disc", "square")[place % 2]
        (pen.ellipse if label == "disc" else pen.rectangle)(box, fill=0)
        found.append(Annotation(label, Box(*box[:2], box[2] + 1, box[3] + 1)))
    file = folder / f"{number}.png"
    image.save(file)
    return AnnotatedTile(
        file=file, page=f"{number}", left=0, top=0, width=SIDE, height=SIDE,
        annotations=tuple(found),
    )  # fmt: skip


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("tiles")
    tiles = [drawn_tile(folder, number) for number in range(12)]
    return Dataset(train=tiles[:8], test=tiles[8:], dpi=150, tile_size=SIDE)


@pytest.fixture(scope="module")
def told() -> list[Progress]:
    return []


@pytest.fixture(scope="module")
def trained(dataset: Dataset, told: list[Progress]) -> Trained:
    return train(dataset, SETTINGS, on_progress=told.append)


def test_a_short_training_finds_squares_and_discs(trained: Trained, told: list[Progress]) -> None:
    assert trained.card.labels == ("disc", "square")
    assert told[-1].loss < 0.5 * told[0].loss
    assert trained.accuracy.mean_average_precision > 0.4


def test_the_same_seed_gives_the_same_weights(dataset: Dataset) -> None:
    short = Settings(iterations=4, batch=2, window=64, evaluate_every=4, seed=5, threads=1)
    one, other = train(dataset, short), train(dataset, short)
    different = train(dataset, Settings(iterations=4, batch=2, window=64, evaluate_every=4, seed=6,
                                        threads=1))  # fmt: skip

    assert torch.equal(one.network.scores.weight, other.network.scores.weight)
    assert not torch.equal(one.network.scores.weight, different.network.scores.weight)


INTERRUPTED = Settings(
    iterations=60, batch=2, window=64, evaluate_every=20, patience=9, seed=5, threads=1
)


def interrupt_at(iteration: int) -> Callable[[Progress], None]:
    def stop(progress: Progress) -> None:
        if progress.iteration == iteration:
            raise KeyboardInterrupt

    return stop


@pytest.mark.parametrize("iteration", [24, 33, 45])
def test_a_training_that_was_interrupted_goes_on_to_the_same_weights(
    dataset: Dataset, tmp_path: Path, iteration: int
) -> None:
    whole, parts = tmp_path / "whole.onnx", tmp_path / "parts.onnx"
    make_model(dataset, INTERRUPTED, whole)
    with pytest.raises(KeyboardInterrupt):
        make_model(dataset, INTERRUPTED, parts, on_progress=interrupt_at(iteration))
    resumed: list[int] = []

    make_model(dataset, INTERRUPTED, parts, on_resume=resumed.append)

    assert resumed == [{24: 20, 33: 25, 45: 40}[iteration]]
    assert parts.read_bytes() == whole.read_bytes()
    assert not parts.with_suffix(".training").exists()


@pytest.mark.parametrize("change", [{"seed": 6}, {"iterations": 61}, {"one_label": True}])
def test_a_state_of_other_settings_is_not_gone_on_from(
    dataset: Dataset, tmp_path: Path, change: dict[str, int]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        make_model(dataset, INTERRUPTED, tmp_path / "m.onnx", on_progress=interrupt_at(24))

    other = checkpoint_beside(
        tmp_path / "m.onnx", dataset, replace(INTERRUPTED, **change), start=None
    )

    assert other.load() is None


def test_a_state_of_other_tiles_is_not_gone_on_from(dataset: Dataset, tmp_path: Path) -> None:
    file = tmp_path / "m.onnx"
    checkpoint_beside(file, dataset, INTERRUPTED, None).save({"iteration": 20})
    fewer = replace(dataset, train=dataset.train[1:])

    assert checkpoint_beside(file, fewer, INTERRUPTED, None).load() is None
    assert checkpoint_beside(file, dataset, INTERRUPTED, None).load() == {"iteration": 20}


@pytest.mark.parametrize("body", [b"", b"no state", b"PK\x03\x04 half of one"])
def test_a_damaged_state_begins_anew(dataset: Dataset, tmp_path: Path, body: bytes) -> None:
    kept = checkpoint_beside(tmp_path / "m.onnx", dataset, INTERRUPTED, None)
    kept.file.write_bytes(body)

    assert kept.load() is None


def test_the_file_serves_what_the_network_says(trained: Trained, dataset: Dataset) -> None:
    image = pixels_of(dataset.test[0].file)
    with torch.no_grad():
        wanted = trained.network(torch.from_numpy(image.copy())[None, None])
    scores, sides = OnnxModel(export.to_onnx(trained.network, trained.card)).maps(image)

    np.testing.assert_allclose(scores, wanted[0][0].numpy(), atol=1e-4)
    np.testing.assert_allclose(sides, wanted[1][0].numpy(), rtol=1e-3, atol=1e-2)


def test_the_file_holds_what_a_further_training_needs(
    trained: Trained, dataset: Dataset, tmp_path: Path
) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(export.to_onnx(trained.network, trained.card))
    card, weights = export.read_onnx(file)
    again = export.network_of(card, weights).state_dict()

    assert card == trained.card
    for name, value in trained.network.state_dict().items():
        assert torch.equal(value, again[name]) or name.endswith("num_batches_tracked")


def test_labels_known_before_keep_their_weights(trained: Trained, tmp_path: Path) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(export.to_onnx(trained.network, trained.card))

    moved = export.read_weights(file, ("cross", "disc", "square"))

    old = trained.network.scores.weight
    assert torch.equal(moved["scores.weight"][1:], old.detach())
    assert moved["scores.weight"].shape[0] == 3


def test_a_model_comes_with_its_recipe(dataset: Dataset, tmp_path: Path) -> None:
    short = Settings(iterations=2, batch=2, window=64, evaluate_every=2, threads=1)
    made = make_model(dataset, short, tmp_path / "model.onnx")

    assert (tmp_path / "model.json").exists()
    assert made["bytes"] < 2_000_000
    assert set(made["labels"]) == {"disc", "square"}
    assert made["settings"]["seed"] == 1


def test_a_set_without_held_out_tiles_is_refused(dataset: Dataset) -> None:
    with pytest.raises(UnusableAnnotations, match="it has 2 labels and 0 held-out tiles"):
        train(Dataset(train=dataset.train, test=[], dpi=150, tile_size=SIDE), SETTINGS)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_turned_window_has_its_boxes_where_its_ink_is(degrees: int) -> None:
    pixels = np.full((100, 100), 255, np.uint8)
    pixels[20:30, 60:80] = 0
    view = View(55.0, 40.0, degrees, 1.0)

    window = seen(pixels, view, 96).numpy()
    rows, columns = np.nonzero(window < 128)
    ink = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)

    box = moved_box(Box(60, 20, 80, 30), view, 96)
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx(ink, abs=0.6)


def in_window(box: Box) -> Objects:
    return objects_in((Annotation("disc", box),), (), View(50, 50, 0, 1), 96, lambda label: 0)


def test_a_window_cuts_an_object_as_a_tile_does() -> None:
    objects = in_window(Box(80, 40, 104, 60))

    assert (objects.boxes.tolist(), objects.ignored.tolist()) == ([[78, 38, 96, 58]], [])


def test_a_window_ignores_what_little_is_left_of_an_object() -> None:
    objects = in_window(Box(90, 40, 114, 60))

    assert (objects.boxes.tolist(), objects.ignored.tolist()) == ([], [[88, 38, 96, 58]])


def test_targets_tell_the_centre_the_box_and_what_does_not_count() -> None:
    objects = Objects(
        boxes=np.array([[8, 16, 40, 32]], np.float32),
        labels=np.array([1]),
        ignored=np.array([[48, 48, 64, 64]], np.float32),
    )
    targets = targets_of([objects], 2, 64)

    assert np.argwhere(targets.heat[0].numpy() == 1).tolist() == [[1, 6, 6]]
    assert targets.sides[0, :, 6, 6].tolist() == [18, 10, 14, 6]
    assert targets.counts[0, 0, 13, 13] == 0
    assert targets.counts[0, 0, 6, 6] == 1


def test_a_rare_label_is_drawn_as_often_as_any_other(dataset: Dataset) -> None:
    rare = dataset.train[0]
    others = [
        AnnotatedTile(
            file=tile.file, page=tile.page, left=0, top=0, width=SIDE, height=SIDE,
            annotations=tuple(a for a in tile.annotations if a.label == "disc"),
        )
        for tile in dataset.train[1:]
    ]  # fmt: skip
    sampler = Sampler([rare, *others], ("disc", "square"), 64, np.random.default_rng(1))
    heat = torch.cat([sampler.batch(8)[1].heat for _ in range(12)])
    discs, squares = (heat == 1).sum(dim=(0, 2, 3)).tolist()

    assert squares > 0.4 * discs


@pytest.mark.parametrize(("degrees", "sides_taught"), [(0, True), (93, True), (-6, True),
                                                       (45, False), (200, False)])  # fmt: skip
def test_an_object_askew_tells_its_centre_and_no_box(degrees: float, sides_taught: bool) -> None:
    box = Box(40, 40, 60, 60)
    view = View(50, 50, degrees, 1)
    objects = objects_in((Annotation("disc", box),), (), view, 96, lambda label: 0)
    targets = targets_of([objects], 1, 96)

    assert float(targets.heat.max()) == 1
    assert bool((targets.weights > 0).any()) is sides_taught


def test_a_quarter_of_the_windows_is_turned_by_any_angle() -> None:
    chance = np.random.default_rng(1)
    turns = [view_around(50, 50, 96, chance).degrees for _ in range(2000)]
    askew = [degrees for degrees in turns if not is_nearly_upright(degrees)]

    assert 0.18 < len(askew) / len(turns) < 0.25
    assert np.histogram(np.array(askew) % 360, 8, (0, 360))[0].min() > 30
