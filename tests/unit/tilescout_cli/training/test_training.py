"""`tilescout model train`, `model evaluate` and `model promote`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pymupdf
import pytest
from typer.testing import CliRunner, Result

from tests.unit.tilescout_cli import cli_models
from tests.unit.tilescout_cli.cli_models import Time
from tests.unit.tilescout_cli.cli_stack import deployed_stack
from tests.unit.tilescout_cli.training import cli_training
from tests.unit.tilescout_cli.training.cli_training import RIGHT, WRONG, CustomLabels
from tilescout.aws.tables import model_table
from tilescout.geometry import Box
from tilescout.profiles import Profile
from tilescout_cli.app import app
from tilescout_cli.console import clock
from tilescout_cli.stack import paths
from tilescout_cli.stack.target import Stack
from tilescout_datasets import datasets
from tilescout_datasets.annotations import AnnotatedPage, Annotation
from tilescout_datasets.datasets import Shares

PROFILE = Profile(name="symbols", detector="custom-labels", dpi=72, tile_size=100, overlap=20,
                  model_project="valves")  # fmt: skip


def built(folder: Path, shift: int) -> Path:
    """A data set of two pages with a blot each."""
    pages = []
    for number in range(2):
        path = folder / f"{number}.pdf"
        with pymupdf.open() as document:
            box = (20 + shift, 30, 40 + shift, 50)
            document.new_page(width=90, height=90).draw_rect(box, fill=(0, 0, 0))
            document.save(path)
        blot = Annotation("blot", Box(*box))
        pages.append(AnnotatedPage(path=path, page=1, width=90, height=90, annotations=(blot,)))
    datasets.build(pages, PROFILE, folder / "set", Shares())
    return folder / "set"


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two data sets that differ."""
    return (
        built(tmp_path_factory.mktemp("one"), 0),
        built(tmp_path_factory.mktemp("other"), 10),
    )


@pytest.fixture
def folder(sets: tuple[Path, Path]) -> Path:
    return sets[0]


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with deployed_stack(monkeypatch) as deployed:
        yield deployed


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return cli_models.turned(monkeypatch)


@pytest.fixture
def labels(stack: Stack, time: Time, monkeypatch: pytest.MonkeyPatch) -> CustomLabels:
    """A training that is begun ends well, by itself, after three minutes."""
    made = cli_training.custom_labels(monkeypatch, time)
    time.each_minute = lambda: end(made, time)
    return made


def end(made: CustomLabels, time: Time) -> None:
    for project in made.registry.projects():
        for version in made.registry.versions(project.arn):
            if version.in_training and time.now - version.created_at >= 170:
                made.succeed(version.name, {"blot": RIGHT, "star": WRONG})


def run(*arguments: str, said: str = "") -> Result:
    runner = CliRunner(env={"COLUMNS": "120", "TERM": "dumb"})
    return runner.invoke(app, list(arguments), input=said)


def train(folder: Path, *more: str, said: str = "") -> Result:
    return run("model", "train", str(folder), "--project", "valves", *more, said=said)


def test_price_and_cap_come_first_and_no_begins_nothing(labels: CustomLabels, folder: Path) -> None:
    result = train(folder, said="n\n")

    assert result.exit_code == 1
    assert "1 train tile, 1 test tile, stored under s3://results-bucket/training/valves/" in (
        result.stderr
    )
    assert "$0.5000 to $24.00. Nothing can end it sooner; cap $24.00" in result.stderr
    assert result.stderr.rstrip().endswith("no training was started")
    assert (labels.registry.projects(), labels.calls["CreateProjectVersion"]) == ([], 0)


def test_a_cap_that_nobody_can_keep_is_refused(labels: CustomLabels, folder: Path) -> None:
    result = train(folder, "--max-cost", "5", "--yes")

    assert result.exit_code == 2
    assert "raise --max-cost to 24, or train a model of your own" in result.stderr
    assert labels.calls["CreateProject"] == 0


def test_a_set_is_trained_and_measured(labels: CustomLabels, folder: Path) -> None:
    result = train(folder, said="y\n")

    assert result.exit_code == 0, result.stderr
    assert "valves/set-" in result.stdout
    assert "F1 0.590 on 1 test images; 3 min of training, $0.0494" in result.stdout
    assert result.stdout.index("star") < result.stdout.index("blot")
    keys = [row["Key"].split("/", 3)[3] for row in stored()]
    assert {"train.manifest", "test.manifest"} <= set(keys)
    assert sum(key.startswith("tiles/") for key in keys) == 2


def stored() -> list[Any]:
    return boto3.client("s3").list_objects_v2(Bucket="results-bucket")["Contents"]


def test_the_same_command_watches_and_begins_nothing_twice(
    labels: CustomLabels, folder: Path, monkeypatch: pytest.MonkeyPatch, time: Time
) -> None:
    waits = iter([None, None, None, KeyboardInterrupt()])

    def wait(seconds: float) -> None:
        time.wait(seconds)
        if (error := next(waits, None)) is not None:
            raise error

    monkeypatch.setattr(clock, "wait", wait)
    left = train(folder, "--yes")
    watched = train(folder, "--json")
    again = train(folder)

    assert (left.exit_code, watched.exit_code, again.exit_code) == (130, 0, 0)
    assert "AWS trains and bills on until it ends by itself" in left.stderr
    assert "is in training already" in watched.stderr
    assert json.loads(watched.stdout)["labels"]["blot"]["f1"] == 0.85
    assert "nothing is paid again" in again.stderr
    assert (labels.calls["CreateProjectVersion"], labels.calls["CreateDataset"]) == (1, 2)


def test_a_lost_reply_begins_no_second_training(labels: CustomLabels, folder: Path) -> None:
    labels.loses = "CreateProjectVersion"

    assert train(folder, "--yes").exit_code == 0
    assert labels.calls["CreateProjectVersion"] == 1


def test_another_set_takes_the_place_of_ours(labels: CustomLabels, sets: tuple[Path, Path]) -> None:
    codes = [train(folder, "--yes").exit_code for folder in sets]

    assert codes == [0, 0]
    (project,) = labels.registry.projects()
    assert len(labels.registry.versions(project.arn)) == 2
    assert labels.calls["DeleteDataset"] == 2


def test_a_name_that_another_set_has_is_refused(
    labels: CustomLabels, sets: tuple[Path, Path]
) -> None:
    train(sets[0], "--yes", "--version-name", "v1")
    result = train(sets[1], "--yes", "--version-name", "v1")

    assert result.exit_code == 2
    assert "not trained with this set; name another with --version-name" in result.stderr


def test_a_persons_dataset_is_left_alone(labels: CustomLabels, folder: Path) -> None:
    arn = labels.registry.create_project("valves").arn
    labels.datasets.create(arn, "TRAIN", [], {})
    result = train(folder, "--yes")

    assert result.exit_code == 2
    assert "was not made by Tilescout, so it is left alone" in result.stderr
    assert labels.calls["DeleteDataset"] == 0


def test_a_failed_training_says_why_and_is_not_begun_again(
    labels: CustomLabels, folder: Path, time: Time
) -> None:
    def fail() -> None:
        (version,) = labels.registry.versions(labels.registry.projects()[0].arn)
        labels.fail(version.name, "The manifest file contains too many invalid rows.")

    time.each_minute = fail
    first, second = train(folder, "--yes"), train(folder, "--yes")

    assert (first.exit_code, second.exit_code) == (1, 2)
    assert "is TRAINING_FAILED: The manifest file contains too many invalid rows" in first.stderr
    assert "name another version with --version-name" in second.stderr
    assert labels.calls["CreateProjectVersion"] == 1


def test_a_full_account_says_so(labels: CustomLabels, folder: Path) -> None:
    from tilescout_local.models.version import Behaviour

    for name in ("busy/a", "busy/b"):
        labels.registry.add_version(name, Behaviour())
        labels.registry.force(name, "TRAINING_IN_PROGRESS", "", 0)
    result = train(folder, "--yes")

    assert result.exit_code == 1
    assert "2 models are in training, the limit" in result.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "Missing option '--project'"),
        (["--project", "v", "--out", "x"], "No such option: --out"),
    ],
    ids=["neither", "both"],
)
def test_a_version_is_trained_in_a_project_and_not_to_a_file(
    labels: CustomLabels, folder: Path, options: list[str], said: str
) -> None:
    result = run("model", "train", str(folder), *options)

    assert result.exit_code == 2
    assert said in result.stderr


def test_aws_decides_how_long_it_trains(labels: CustomLabels, folder: Path) -> None:
    result = train(folder, "--iterations", "50")

    assert result.exit_code == 2
    assert "Custom Labels decides it itself" in result.stderr


def test_a_version_is_evaluated_by_its_summary(labels: CustomLabels, folder: Path) -> None:
    train(folder, "--yes", "--version-name", "v1")
    shown = run("model", "evaluate", "--project", "valves", "--json")
    found = json.loads(shown.stdout)

    assert (found["version"], found["f1"], found["average_precision"]) == ("v1", 0.59, 0.9)
    assert found["labels"]["star"] == {
        "images": 2, "threshold": 0.5, "precision": 0.5, "recall": 0.25, "f1": 0.33,
    }  # fmt: skip


def test_a_version_without_evaluation_is_refused(labels: CustomLabels) -> None:
    from tilescout_local.models.version import Behaviour

    labels.registry.add_version("valves/v0", Behaviour())
    results = [run("model", "evaluate", name, "--project", "valves") for name in ("v0", "v7")]

    assert [result.exit_code for result in results] == [2, 2]
    assert "v0 is TRAINING_COMPLETED and has no evaluation" in results[0].stderr
    assert "has no version 'v7'" in results[1].stderr


def test_only_a_version_that_is_good_enough_is_put_to_use(
    labels: CustomLabels, stack: Stack, folder: Path
) -> None:
    train(folder, "--yes", "--version-name", "v1")
    refused = run("model", "promote", "--project", "valves")
    before = model_table.in_use(stack.ledger, "valves")
    promoted = run("model", "promote", "--project", "valves", "--min-f1", "0.5")
    after = model_table.in_use(stack.ledger, "valves")

    assert (refused.exit_code, before) == (1, None)
    assert "has F1 0.590 on its test images, under 0.8 (worst: star 0.330)" in refused.stderr
    assert "valves: version v1 is active, F1 0.590" in promoted.stdout
    assert "star 0.330 is under the required F1" in promoted.stderr
    assert after is not None
    assert after.version == "v1"


def test_a_profile_that_cuts_otherwise_is_told(
    labels: CustomLabels, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    profile = {
        "detector": "custom-labels", "model_project": "valves", "dpi": 144, "tile_size": 100,
        "overlap": 20,
    }  # fmt: skip
    written = {"context": {"tilescout": {"profiles": {"symbols": profile}}}}
    (tmp_path / "cdk.json").write_text(json.dumps(written))
    monkeypatch.setattr(paths, "configuration", lambda: tmp_path / "cdk.json")
    train(folder, "--yes")
    promoted = run("model", "promote", "--project", "valves", "--min-f1", "0")

    assert promoted.exit_code == 0
    assert "dpi of profile symbols is 144, that of the training set 72" in promoted.stderr
    assert "tile_size" not in promoted.stderr


def test_what_was_learnt_decides_the_name(sets: tuple[Path, Path], tmp_path: Path) -> None:
    from tilescout_cli.training import uploaded_set

    copy = shutil.copytree(sets[0], tmp_path / "copy")
    digests = [uploaded_set.read(folder).digest for folder in (*sets, copy)]

    assert digests[0] == digests[2] != digests[1]


def test_training_is_no_use_without_a_configuration(
    labels: CustomLabels, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "configuration", lambda: None)

    assert train(folder, "--yes").exit_code == 0
