"""The report on a data set as one HTML file with its pictures in it."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from html import escape

from PIL import Image

from tilescout_datasets import pictures
from tilescout_datasets.datasets import Dataset
from tilescout_datasets.report import DatasetReport

LOOK_ALIKES_SHOWN = 60
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem }
table { border-collapse: collapse } th, td { padding: .2rem .8rem; text-align: right }
th:first-child, td:first-child { text-align: left } tr + tr { border-top: 1px solid #ccc }
img { image-rendering: pixelated; max-width: 100% } figure { margin: .5rem }
figcaption { font-size: 12px } .grid { display: flex; flex-wrap: wrap } .error { color: #a00 }
"""


def page(dataset: Dataset, found: DatasetReport) -> str:
    """Returns HTML that needs no other file."""
    return "\n".join(_lines(dataset, found)) + "\n"


def _lines(dataset: Dataset, found: DatasetReport) -> Iterator[str]:
    yield '<!doctype html><html lang="en"><meta charset="utf-8"><title>Data set</title>'
    yield f"<style>{STYLE}</style><h1>Data set</h1>"
    yield (
        f"<p>{found.train_tiles} tiles to train with, {found.test_tiles} of held-out pages, "
        f"{found.empty:.0%} without an object; {dataset.tile_size} px at {dataset.dpi} dpi.</p>"
    )
    yield from _faults(found)
    yield from _labels(found)
    yield "<h2>What the network sees of each label</h2>"
    for label, row in pictures.examples(dataset).items():
        yield f"<figure>{_image(row, label)}<figcaption>{escape(label)}</figcaption></figure>"
    yield from _look_alikes(found)
    yield "<h2>The fullest tile</h2><p>As the network gets it. Red: annotated. Grey: the part of "
    yield "an object that the tile cuts, neither to be found nor empty.</p>"
    yield _image(pictures.fullest_tile(dataset), "the fullest tile")


def _faults(found: DatasetReport) -> Iterator[str]:
    yield "<h2>Faults</h2>"
    if not found.faults:
        yield "<p>None.</p>"
        return
    yield "<ul>"
    for each in found.faults:
        yield f'<li class="{each.severity}">{each.severity}: {escape(each.text)}</li>'
    yield "</ul>"


def _labels(found: DatasetReport) -> Iterator[str]:
    yield "<h2>Labels</h2><table><tr><th>label<th>train<th>test<th>smallest px<th>median px</tr>"
    for each in found.labels:
        cells = (each.train, each.test, f"{each.smallest_px:.0f}", f"{each.median_px:.0f}")
        shown = "".join(f"<td>{cell}</td>" for cell in cells)
        yield f"<tr><td>{escape(each.label)}</td>{shown}</tr>"
    yield "</table>"


def _look_alikes(found: DatasetReport) -> Iterator[str]:
    yield "<h2>Look-alikes that are not annotated</h2>"
    if found.look_alikes is None:
        yield "<p>Nobody looked for them.</p>"
        return
    shown = found.look_alikes[:LOOK_ALIKES_SHOWN]
    yield f"<p>{len(found.look_alikes)}, the likest first; {len(shown)} shown. Annotate those that "
    yield 'are objects, and build the data set again.</p><div class="grid">'
    for each in shown:
        x, y = (round(value) for value in each.box.centre)
        told = f"{each.label} {each.likeness:.2f}, {each.page} at {x}, {y} px"
        picture = _image(pictures.cut(each.tile, each.box_in_tile), told)
        yield f"<figure>{picture}<figcaption>{escape(told)}</figcaption></figure>"
    yield "</div>"


def _image(picture: Image.Image, told: str) -> str:
    data = io.BytesIO()
    picture.save(data, "PNG", optimize=True)
    encoded = base64.b64encode(data.getvalue()).decode()
    return f'<img alt="{escape(told, quote=True)}" src="data:image/png;base64,{encoded}">'
