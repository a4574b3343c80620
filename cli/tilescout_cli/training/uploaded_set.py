"""A data set as Custom Labels takes it: tiles and manifests in S3, under the set's own prefix."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tilescout_cli.console.failures import BadUsage
from tilescout_datasets import datasets
from tilescout_datasets.annotations import AnnotatedTile, UnusableAnnotations, labels_of
from tilescout_datasets.datasets import PARTS, Dataset
from tilescout_datasets.formats import ground_truth

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "training"
DIGEST_LENGTH = 12
UPLOADS = 8
CARD = "set.json"
"""The file with the dpi and tile size of the set, which a profile of the model must share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSet:
    """The tiles of ``folder`` that a manifest can hold, and the digest of all that is learnt."""

    folder: Path
    dataset: Dataset
    digest: str
    tiles: dict[str, list[AnnotatedTile]]
    left_out: int

    def prefix(self, project: str) -> str:
        """Returns the prefix of its objects; the same set always has the same."""
        return f"{PREFIX}/{project}/{self.digest}/"

    def manifest(self, part: str, source: str) -> str:
        """Returns the manifest of a part; ``source`` is the URL of the folder with the tiles."""
        labels = labels_of(self.dataset.train + self.dataset.test)
        return ground_truth.text(
            self.tiles[part], labels, self.folder, prefix=source, dpi=self.dataset.dpi
        )


def read(folder: Path) -> TrainingSet:
    """Returns the set in a folder of `tilescout dataset build`. Raises BadUsage."""
    try:
        dataset = datasets.read(folder)
        every = {"train": dataset.train, "test": dataset.test}
        tiles = {part: [each for each in every[part] if ground_truth.fits(each)] for part in PARTS}
        training_set = TrainingSet(
            folder=folder,
            dataset=dataset,
            digest="",
            tiles=tiles,
            left_out=sum(map(len, every.values())) - sum(map(len, tiles.values())),
        )
        return TrainingSet(
            folder=folder, dataset=dataset, digest=_digest(training_set), tiles=tiles,
            left_out=training_set.left_out,
        )  # fmt: skip
    except (UnusableAnnotations, OSError) as error:
        raise BadUsage(str(error)) from error


def _digest(training_set: TrainingSet) -> str:
    made = hashlib.sha256()
    for part in PARTS:
        made.update(training_set.manifest(part, "").encode())
        for tile in training_set.tiles[part]:
            made.update(tile.file.read_bytes())
    return made.hexdigest()[:DIGEST_LENGTH]


def upload(
    training_set: TrainingSet,
    s3: S3Client,
    bucket: str,
    prefix: str,
    on_tile: Callable[[int, int], None],
) -> None:
    """Stores what is missing, the manifests last; calls ``on_tile`` with how many of how many."""
    there = _sizes(s3, bucket, prefix)
    tiles = [tile for part in PARTS for tile in training_set.tiles[part]]
    todo = [
        tile for tile in tiles if there.get(_name(training_set, tile)) != tile.file.stat().st_size
    ]

    def put(tile: AnnotatedTile) -> None:
        key = prefix + _name(training_set, tile)
        s3.put_object(Bucket=bucket, Key=key, Body=tile.file.read_bytes())

    with ThreadPoolExecutor(UPLOADS) as pool:
        for done, _ in enumerate(pool.map(put, todo), 1):
            on_tile(len(tiles) - len(todo) + done, len(tiles))
    card = {"dpi": training_set.dataset.dpi, "tile_size": training_set.dataset.tile_size}
    s3.put_object(Bucket=bucket, Key=f"{prefix}{CARD}", Body=json.dumps(card).encode())
    for part in PARTS:
        text = training_set.manifest(part, f"s3://{bucket}/{prefix}")
        s3.put_object(Bucket=bucket, Key=f"{prefix}{part}.manifest", Body=text.encode())


def _name(training_set: TrainingSet, tile: AnnotatedTile) -> str:
    return tile.file.relative_to(training_set.folder).as_posix()


def _sizes(s3: S3Client, bucket: str, prefix: str) -> dict[str, int]:
    """Returns the bytes of the objects under ``prefix``, by the rest of their keys."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    rows = (row for page in pages for row in page.get("Contents", ()))
    return {row["Key"].removeprefix(prefix): row["Size"] for row in rows}
