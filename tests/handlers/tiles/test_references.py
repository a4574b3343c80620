"""Tiles sent to a detector of symbols whose finds are named by references."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest

from tests.handlers import served_model
from tests.handlers.account import Account, module
from tests.handlers.runs import tile
from tests.handlers.served_model import PROJECT, put_to_use, tile_with_pump
from tilescout.aws.detectors import onnx_store
from tilescout.detectors.onnx.answers import whitened
from tilescout.detectors.onnx.model import decoded
from tilescout.detectors.references.named_model import open_model
from tilescout.detectors.references.reference_set import with_references
from tilescout.geometry import Box
from tilescout_datasets.references import base_models, sources


@pytest.fixture(autouse=True)
def _cold() -> Iterator[None]:
    """Every test begins with a new instance of the function."""
    module("detect_onnx").warm_models.cache_clear()
    yield
    module("detect_onnx").warm_models.cache_clear()


def promoted(account: Account, name: str, box: Box) -> None:
    """Activates a set whose only class is what a box of the tile shows."""
    page = whitened(decoded(tile_with_pump()))
    found = [sources.reference_of(name, page, box)]
    references = sources.as_set(found, 150, base_models.EMBEDDING.read_bytes(), 0.5)
    file = with_references(base_models.DETECTOR.read_bytes(), references)
    card = open_model(file).card
    put_to_use(account, onnx_store.store(account.s3, "models-bucket", PROJECT, "r1", file, card))


def labels(account: Account) -> list[str]:
    document = served_model.document(account, tiles=1)
    account.deliver("detect_onnx", served_model.run(account).hint(document))
    key = tile(account, document, 0)["answer"]
    body = account.s3.get_object(Bucket="tiles-bucket", Key=key)["Body"].read()
    return [each["label"] for each in json.loads(body)["objects"]]


def pump() -> Box:
    rows, columns = np.nonzero(decoded(tile_with_pump()) < 128)
    return Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_a_symbol_is_named_by_the_reference_in_the_version(account: Account) -> None:
    promoted(account, "feed-pump", pump())

    assert labels(account) == ["feed-pump"]


def test_a_symbol_like_no_reference_is_answered_as_unknown(account: Account) -> None:
    inside = pump()
    corner = Box(inside.left - 40, inside.top - 40, inside.left + 12, inside.top + 12)
    promoted(account, "scrap", corner)

    assert labels(account) == ["unknown"]
