"""Documents brought to the point where a run takes them over, and runs stepped through."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from PIL import Image

from tests.handlers.account import Account, module
from tests.handlers.between import Reply, detector
from tilescout import keys, messages
from tilescout.aws.documents import intake
from tilescout.aws.tables import claim_table, document_table, page_table
from tilescout.documents import Document
from tilescout.ledger import PageRow, TileRow

EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:DetectionRun:one"
UNAVAILABLE = (
    400,
    {"__type": "ProvisionedThroughputExceededException", "message": "slow down"},
)
REFUSED = (400, {"__type": "InvalidParameterException", "message": "Request has invalid image"})


def one_word(text: str = "VALVE") -> dict[str, Any]:
    """What Textract says of an image with one word on it."""
    box = {"Left": 0.1, "Top": 0.1, "Width": 0.3, "Height": 0.05}
    corners = [{"X": 0.1, "Y": 0.1}, {"X": 0.4, "Y": 0.1}, {"X": 0.4, "Y": 0.15}]
    geometry = {"BoundingBox": box, "Polygon": [*corners, {"X": 0.1, "Y": 0.15}]}
    return {
        "DocumentMetadata": {"Pages": 1},
        "Blocks": [
            {"BlockType": "PAGE", "Id": "p", "Geometry": geometry},
            {
                "BlockType": "LINE",
                "Id": "l",
                "Text": text,
                "Confidence": 99.0,
                "Geometry": geometry,
                "Relationships": [{"Type": "CHILD", "Ids": ["w"]}],
            },
            {
                "BlockType": "WORD",
                "Id": "w",
                "Text": text,
                "Confidence": 99.0,
                "Geometry": geometry,
            },
        ],
        "DetectDocumentTextModelVersion": "1.0",
    }


def answers(_: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return 200, one_word()


@contextmanager
def clock(start: int) -> Iterator[Clock]:
    """The handlers' time, set by hand."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        held = Clock(start)
        monkeypatch.setattr("time.time", lambda: held.now)
        yield held


@dataclass
class Clock:
    now: int


@cache
def image() -> bytes:
    """A tile of paper, 400 px a side."""
    file = io.BytesIO()
    Image.new("L", (400, 400), 255).save(file, "JPEG")
    return file.getvalue()


def queued(
    account: Account,
    pages: int = 1,
    *,
    key: str = "incoming/text/sheet.pdf",
    tiles: int = 2,
    failed: dict[int, str] | None = None,
) -> str:
    """A document that waits for a run, as intake leaves it (nothing is rendered); its id.

    ``failed`` pages could not be tiled.
    """
    profile = module("accept_document").CONFIGURATION.profile_for(keys.profile_name(key))
    document = Document(
        id=keys.document_id("documents-bucket", key, "v1"),
        bucket="documents-bucket",
        key=key,
        version="v1",
        status="ACCEPTED",
        profile=profile,
        accepted_at=1_700_000_000,
        price_per_call=0.0015,
        last_page=pages,
    )
    document_table.add(account.documents, document)
    for page in document.page_numbers():
        reason = (failed or {}).get(page, "")
        row = PageRow(page=page, failed_reason=reason)
        if not reason:
            row = _tiled(account, document.id, page, tiles)
        page_table.mark(account.ledger, document.id, row)
    intake.queue_if_tiled(account.documents, account.ledger, document, 1_700_000_100)
    return document.id


def _tiled(account: Account, document_id: str, page: int, tiles: int) -> PageRow:
    rows = []
    for number in range(tiles):
        left = 100 * number
        name = keys.tile_image(document_id, page, "grid", number)
        account.s3.put_object(Bucket="tiles-bucket", Key=name, Body=image())
        box = (left, 0, left + 400, 400)
        rows.append(TileRow(page=page, tile=number, box=box, image=name))
    page_table.write_tiles(account.ledger, document_id, page, rows)
    bands = page_table.write_bands(account.ledger, document_id, page, range(tiles))
    size = {"width_px": 500, "height_px": 400, "width_pt": 500.0, "height_pt": 400.0, "dpi": 72}
    return PageRow(page=page, tiled=True, tiles=tiles, bands=bands, grid="grid", **size)


def batched(bodies: list[str], most: int) -> Iterator[list[str]]:
    """As an event source mapping hands them over."""
    return (bodies[start : start + most] for start in range(0, len(bodies), most))


@dataclass
class Run:
    """An execution of the workflow: its state goes from step to step."""

    account: Account
    model: str = "textract"
    execution: str = EXECUTION
    state: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.state = {"model": self.model, "execution": self.execution}

    def step(self, name: str, **more: Any) -> dict[str, Any]:
        event = json.loads(json.dumps({"step": name, "run": self.state} | more))
        self.state = self.account.call("advance_run", event)
        return self.state

    def open(self) -> Run:
        assert self.step("OpenRun")["next"] == "StartModel"
        assert self.step("StartModel")["next"] == "DetectTiles"
        return self

    def hint(self, document_id: str, page: int = 1, tile: int = 0) -> str:
        return messages.body(
            messages.TileHint(
                model=self.model,
                token=self.state["token"],
                run_id=self.state["id"],
                document_id=document_id,
                page=page,
                tile=tile,
                model_version=self.state.get("version", ""),
            )
        )

    def merge_hint(self, document_id: str, page: int = 1) -> str:
        return messages.body(
            messages.MergeHint(document_id=document_id, claim_token=self.state["token"], page=page)
        )

    @property
    def row(self) -> dict[str, Any]:
        """The run's row, with the calls that it may still make."""
        run = self.state["id"]
        return self.account.document(keys.allowance(run)) | self.account.document(run)

    def turn(self) -> str:
        """One look of the loop, its hints worked off; what comes next."""
        found: str = self.step("DetectTiles")["next"]
        self.work_off()
        return found

    def work_off(self) -> None:
        for body in self.account.received("tiles"):
            self.account.deliver("detect_tile", body)
        for bodies in batched(self.account.received("onnx_tiles"), 10):
            self.account.deliver("detect_onnx", *bodies)
        for body in self.account.received("merges"):
            self.account.deliver("merge_page", body)

    def finish(self) -> str:
        """Stop, merge, close; what CloseRun says comes next."""
        assert self.step("StopModel")["next"] == "MergePages"
        for _ in range(20):
            if self.step("MergePages")["next"]:
                break
            self.work_off()
        found: str = self.step("CloseRun")["next"]
        return found

    def go(self) -> str:
        """The whole run, from OpenRun to CloseRun."""
        self.open()
        for _ in range(50):
            if self.turn():
                return self.finish()
        raise AssertionError("the run never ended")


def run_with(account: Account, reply: Reply = answers, **names: Any) -> Run:
    """A whole run with a detector that answers by ``reply``."""
    run = Run(account, **names)
    with detector(reply):
        run.go()
    return run


def tile(account: Account, document_id: str, number: int = 0, page: int = 1) -> dict[str, Any]:
    key = {"pk": keys.tile_partition(document_id, page, 0), "sk": keys.tile_sort(number)}
    item: dict[str, Any] = account.ledger.get_item(Key=key)["Item"]
    return item


def coarsen(account: Account, document_id: str, number: int, scale: float) -> None:
    """Make a tile of page 1, of 400 px a side, one of the second scale from the page's corner."""
    account.ledger.update_item(
        Key={"pk": keys.tile_partition(document_id, 1, 0), "sk": keys.tile_sort(number)},
        UpdateExpression="SET #box = :box, #scale = :scale",
        ExpressionAttributeNames={"#box": "box", "#scale": "scale"},
        ExpressionAttributeValues={
            ":box": [0, 0, round(400 * scale), round(400 * scale)],
            ":scale": Decimal(str(scale)),
        },
    )


def lease(account: Account, model: str = "textract") -> dict[str, Any]:
    key = keys.lease(model)
    item: dict[str, Any] = account.ledger.get_item(Key=key)["Item"]
    return item


def set_attributes(account: Account, document: str, **values: object) -> None:
    """Of a document or a run."""
    account.documents.update_item(
        Key={"id": document},
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
        ExpressionAttributeNames={f"#{name}": name for name in values},
        ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
    )


def allow(account: Account, run: Run, calls: int) -> None:
    """Lets the run make so many calls in all."""
    set_attributes(account, run.state["id"], calls_allowed=calls)
    set_attributes(account, keys.allowance(run.state["id"]), calls_left=calls)


def answered_in(account: Account, document: str, run: Run) -> int:
    """The tiles of page 1 that are answered, if the detector answered any of them in this run."""
    (band,) = page_table.bands(account.ledger, document, 1)
    return len(band.answered) if band.last_answer(run.state["token"]) else 0


def claims(account: Account, run: Run) -> list[str]:
    return [claim.document_id for claim in claim_table.claims(account.ledger, run.state["id"])]
