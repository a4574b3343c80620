"""The committed sample model, promoted in the test account, and a tile that it finds symbols on."""

from __future__ import annotations

import io
import random
from functools import cache

import pymupdf
from PIL import Image

from tests.handlers.account import Account
from tests.handlers.runs import Run, queued
from tilescout import keys
from tilescout.aws.detectors import onnx_store
from tilescout.aws.tables import model_table
from tilescout.detectors.onnx.cards import OnnxCard
from tilescout.detectors.onnx.model import ServedModel
from tilescout.runs.model_records import ModelInUse
from tilescout_local.engines.symbol_detector import SAMPLE_MODEL
from tilescout_samples.sheet import Sheet
from tilescout_samples.symbols import place_symbol

KEY = "incoming/served/sheet.pdf"
PROJECT = "plant"
PUMP = (100, 200)
"""Centre of the pump on every tile, px."""


@cache
def sample() -> tuple[bytes, OnnxCard]:
    file = SAMPLE_MODEL.read_bytes()
    return file, ServedModel(file).card


@cache
def tile_with_pump() -> bytes:
    """400 x 400 px."""
    side = 400 * 25.4 / 150
    sheet = Sheet(side, side, random.Random(3))
    centre = (PUMP[0] * 25.4 / 150, PUMP[1] * 25.4 / 150)
    place_symbol(sheet, "pump", centre, 13.0, 0)
    drawn = sheet.finish()[0].get_pixmap(dpi=150, colorspace=pymupdf.csGRAY)
    file = io.BytesIO()
    Image.frombytes("L", (drawn.width, drawn.height), drawn.samples).save(file, "PNG")
    return file.getvalue()


def promote(account: Account, name: str = "v1", card: OnnxCard | None = None) -> str:
    """Store the sample model under the name and put it to use; its version."""
    file, own = sample()
    version = onnx_store.store(account.s3, "models-bucket", PROJECT, name, file, card or own)
    put_to_use(account, version)
    return version


def put_to_use(account: Account, version: str, project: str = PROJECT) -> None:
    name = version.split("/")[3]
    model_table.use(
        account.ledger,
        ModelInUse(project=project, project_arn="", version=name, version_arn=version),
    )


def document(account: Account, tiles: int = 2) -> str:
    """A tiled document of one page with a pump on each tile; its id."""
    found = queued(account, key=KEY, tiles=tiles)
    for number in range(tiles):
        image = keys.tile_image(found, 1, "grid", number)
        account.s3.put_object(Bucket="tiles-bucket", Key=image, Body=tile_with_pump())
    return found


def run(account: Account, execution: str = "one") -> Run:
    """Past StartModel, which does nothing here."""
    return Run(account, model=PROJECT, execution=f"{EXECUTIONS}:{execution}").open()


EXECUTIONS = "arn:aws:states:us-east-1:123456789012:execution:DetectionRun"
