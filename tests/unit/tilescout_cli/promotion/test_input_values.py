"""A model that wants normalised values is read right, or the command says so."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.unit.tilescout.detectors.onnx.onnx_files import IMAGES, Brightness, model_file
from tilescout.detectors.onnx.normalization import KNOWN, Normalization
from tilescout.profiles import Profile
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.evaluation import model_file as evaluated_file
from tilescout_cli.promotion import known_symbols, onnx
from tilescout_cli.promotion.onnx import CheckedModel
from tilescout_tune import onnx_detector

PROFILE = Profile(name="s", detector="onnx", model_project="p", dpi=150, tile_size=640, overlap=64)
IMAGENET = KNOWN["normalised as ImageNet"]
SURE = 9.0
OPTIONS = "--mean 0.485,0.456,0.406 --std 0.229,0.224,0.225"


def normalised_model(folder: Path, label: str) -> Path:
    """Writes a model of transformers that finds six pumps where the trial draws them, and only
    where the paper's value is over 1.5: where values are normalised as ImageNet."""
    _, drawn = known_symbols.drawn_page("pump", PROFILE.dpi)
    boxes = np.array([(*each.centre, each.width, each.height) for each in drawn], np.float32)
    logits = Brightness(np.full((1, len(boxes), 1), SURE), least=1.5)
    outputs = {"logits": logits, "pred_boxes": boxes[None] / IMAGES.shape[-1]}
    path = folder / "model.onnx"
    path.write_bytes(model_file(outputs, {"labels": json.dumps([label])}))
    return path


def tell_beside(folder: Path) -> None:
    told = {"image_mean": IMAGENET.mean, "image_std": IMAGENET.deviation}
    (folder / "preprocessor_config.json").write_text(json.dumps(told))


def warnings(checked: CheckedModel) -> list[str]:
    """Those that do not tell of time, which is the machine's."""
    return [warning for warning in checked.warnings if " s here" not in warning]


def test_values_of_another_range_are_found_on_the_known_symbols(tmp_path: Path) -> None:
    (told,) = warnings(onnx.check(normalised_model(tmp_path, "pump"), [PROFILE]))
    assert "of 6 symbols pump" in told
    assert f"it finds 6 with values normalised as ImageNet; name {OPTIONS}" in told


def test_a_model_of_other_labels_is_told_that_its_values_are_not_known(tmp_path: Path) -> None:
    (told,) = warnings(onnx.check(normalised_model(tmp_path, "flange"), [PROFILE]))
    assert "its values are taken to be 0 to 1" in told
    assert f"put its preprocessor_config.json beside it, or name {OPTIONS}" in told


@pytest.mark.parametrize("label", ["pump", "flange"])
def test_a_file_beside_the_model_is_read(tmp_path: Path, label: str) -> None:
    path = normalised_model(tmp_path, label)
    tell_beside(tmp_path)
    checked = onnx.check(path, [PROFILE])
    assert warnings(checked) == []
    assert checked.card.input.mean == (0.485, 0.456, 0.406)


def test_what_a_person_tells_comes_before_the_file_beside_it(tmp_path: Path) -> None:
    path = normalised_model(tmp_path, "pump")
    tell_beside(tmp_path)
    checked = onnx.check(path, [PROFILE], values=onnx.values_of("0", "1"))
    assert (checked.card.input.mean, checked.card.input.deviation) == ((0.0,), (1.0,))
    assert "it finds 6 with values normalised as ImageNet" in warnings(checked)[0]


def test_a_broken_file_beside_the_model_is_refused(tmp_path: Path) -> None:
    path = normalised_model(tmp_path, "pump")
    (tmp_path / "preprocessor_config.json").write_text("{")
    with pytest.raises(BadUsage, match=r"model\.onnx cannot be used: preprocessor_config\.json"):
        onnx.check(path, [PROFILE])


def test_tuning_and_evaluating_read_the_file_beside_the_model_too(tmp_path: Path) -> None:
    path = normalised_model(tmp_path, "pump")
    before = onnx_detector.open_model(path).name
    tell_beside(tmp_path)
    opened = onnx_detector.open_model(path)
    assert opened.name != before
    assert isinstance(opened.port, onnx_detector.OnnxPort)
    assert opened.port.model.card.input.mean == (0.485, 0.456, 0.406)
    model = evaluated_file.opened(path)
    assert model.card.input.mean == (0.485, 0.456, 0.406)


@pytest.mark.parametrize(("mean", "std"), [("0.5", ""), ("", "0.5"), ("a,b", "1"), ("1,2", "1")])
def test_options_that_tell_no_values_are_refused(mean: str, std: str) -> None:
    with pytest.raises(BadUsage, match="--mean and --std"):
        onnx.values_of(mean, std)


def test_options_that_are_not_given_tell_nothing() -> None:
    assert onnx.values_of("", "") is None
    assert onnx.values_of("0.5", "0.25") == Normalization((0.5,), (0.25,))
