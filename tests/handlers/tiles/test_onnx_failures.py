"""onnxruntime fails on one tile, or on every one (protocol rule 16, server errors)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, RuntimeException

from tests.handlers import served_model
from tests.handlers.account import Account, module
from tests.handlers.runs import Clock, Run, clock, image, tile
from tests.handlers.served_model import PROJECT, promote
from tilescout import keys
from tilescout.detectors.onnx.model import ServedModel

NOW = 1_800_000_000


@pytest.fixture(autouse=True)
def _cold() -> Iterator[None]:
    """Every test begins with a new instance of the function."""
    module("detect_onnx").warm_models.cache_clear()
    yield
    module("detect_onnx").warm_models.cache_clear()


def with_paper(account: Account, tiles: int) -> str:
    """A document; there is nothing but paper on its tile 1."""
    promote(account)
    found = served_model.document(account, tiles=tiles)
    paper = keys.tile_image(found, 1, "grid", 1)
    account.s3.put_object(Bucket="tiles-bucket", Key=paper, Body=image())
    return found


def onnxruntime_raises(
    monkeypatch: pytest.MonkeyPatch, error: Exception, *, on_paper_only: bool
) -> list[bool]:
    """Instead of an answer, of a tile without a mark or of any; whether each was such a tile."""
    asked: list[bool] = []
    opened = ServedModel.__init__

    class Session:
        def __init__(self, session: Any) -> None:
            self._session = session

        def get_modelmeta(self) -> Any:
            return self._session.get_modelmeta()

        def run(self, outputs: list[str], feed: dict[str, Any]) -> Any:
            (values,) = feed.values()
            asked.append(bool(values.min() == values.max()))
            if asked[-1] or not on_paper_only:
                raise error
            return self._session.run(outputs, feed)

    def init(model: ServedModel, *given: Any, **named: Any) -> None:
        opened(model, *given, **named)
        model._session = Session(model._session)

    monkeypatch.setattr(ServedModel, "__init__", init)
    return asked


def go(account: Account, time: Clock, execution: str = "one") -> Run:
    """A whole run that waits as long as the loop says."""
    run = Run(account, model=PROJECT, execution=f"{served_model.EXECUTIONS}:{execution}").open()
    while not run.turn():
        time.now += run.state["wait_seconds"]
    run.finish()
    return run


def test_a_tile_that_onnxruntime_fails_on_fails_alone(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = with_paper(account, tiles=6)
    error = RuntimeException("Failed to allocate memory for requested buffer of size 6553600")
    asked = onnxruntime_raises(monkeypatch, error, on_paper_only=True)
    with clock(NOW) as time:
        run = go(account, time)
    row = account.document(document)
    assert (row["status"], row["reason"]) == ("PARTIAL", "1 of 6 tiles were not answered")
    assert asked.count(True) == 7
    failed = tile(account, document, 1)
    assert failed["state"] == "failed"
    assert str(error) in failed["last_error"]
    assert (run.row["tiles_answered"], run.row["tiles_failed"]) == (5, 1)


def test_a_model_that_fails_on_every_tile_fails_none_of_them(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = with_paper(account, tiles=2)
    onnxruntime_raises(monkeypatch, Fail("no kernel for this node"), on_paper_only=False)
    with clock(NOW) as time:
        for number in range(3):
            assert account.document(document)["status"] == "QUEUED"
            go(account, time, f"run-{number}")
    row = account.document(document)
    assert row["status"] == "HELD"
    assert row["reason"].startswith("3 runs brought no answer")
    states = {tile(account, document, number)["state"] for number in range(2)}
    assert states == {"pending"}
