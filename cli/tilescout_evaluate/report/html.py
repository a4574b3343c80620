"""Makes the report as one HTML page that needs no other file and no network."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from tilescout_evaluate.metrics.misses import Miss
from tilescout_evaluate.pairing import Pair
from tilescout_evaluate.report import pictures, plots
from tilescout_evaluate.report.figures import Evaluation

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1c1c1c}body{max-width:60rem;margin:2rem auto}
h1{font-size:1.6rem;margin-bottom:.2rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}
table{border-collapse:collapse;margin:.5rem 0}td,th{padding:.2rem .7rem;text-align:right}
th{border-bottom:1px solid #888;font-weight:600}td:first-child,th:first-child{text-align:left}
tr:nth-child(even) td{background:#f6f6f6}svg{max-width:100%;height:auto}
.figures{display:flex;flex-wrap:wrap;gap:.8rem;margin:1rem 0}
.figures div{border:1px solid #ccc;border-radius:.4rem;padding:.4rem 1rem}
.figures b{display:block;font-size:1.5rem}.worst{display:flex;flex-wrap:wrap;gap:1rem}
figure{margin:0;max-width:262px}figure.long{max-width:522px}
figcaption{font-size:.85rem;overflow-wrap:anywhere}
img{border:1px solid #bbb;display:block;width:100%;height:auto}
.true{color:#008c3c}.found{color:#d900b2}
.wide{overflow-x:auto}.warning{background:#fff4d6;padding:.3rem .7rem;border-left:4px solid #d9a400}
"""
NAMES = {
    "f1": "F1",
    "map": "mAP at IoU .5",
    "cer": "character error rate",
    "character_error_rate": "CER",
    "oversized": "too large",
    "wrong_characters": "wrong characters",
}
OBLONG = 5.0
"""Width over height of a box from which its picture is shown in full width."""
GROUPS = {
    "by_size": "By size (square root of the area)",
    "by_size_to_tile": "By size against overlap and tile",
    "by_seam": "At the seams of tiles",
}
MAX_TAGS = 100


def write_report(
    folder: Path, evaluation: Evaluation, pairs: Sequence[Pair], pdf: Path | None
) -> Path:
    """Writes report.html and report.json and returns the path of the former. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [pair.name for pair in pairs]
    shown = list(pictures.cut_outs(evaluation.misses, pairs, evaluation.kind, pdf))
    (folder / "report.json").write_text(json.dumps(evaluation.to_json(), indent=1) + "\n")
    html = folder / "report.html"
    html.write_text(page(evaluation, names, shown), encoding="utf-8")
    return html


def page(
    evaluation: Evaluation, names: Sequence[str], pictures: Sequence[tuple[Miss, bytes]]
) -> str:
    """Returns the HTML; ``names`` are those of the pages, ``pictures`` are PNG files."""
    body = evaluation.body
    parts = [
        f"<h1>{evaluation.kind.capitalize()}: detections against ground truth</h1>",
        f"<p>{escape(_some(names, evaluation.unit))}</p>",
        *(f'<p class="warning">{escape(text)}</p>' for text in evaluation.warnings),
        _figures(evaluation.figures),
        *_of_kind(evaluation.kind, body),
        f"<h2>By {evaluation.unit}</h2>",
        _table(body["pages"]),
        _worst(evaluation, names, pictures),
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Evaluation</title>'
        f"<style>{STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _some(names: Sequence[str], unit: str) -> str:
    shown = ", ".join(names[:6])
    return shown if len(names) <= 6 else f"{shown} and {len(names) - 6} more {unit}s"


def _figures(figures: Mapping[str, float]) -> str:
    cells = (f"<div><b>{value:.3f}</b>{NAMES.get(name, name)}</div>"
             for name, value in figures.items())  # fmt: skip
    return f'<div class="figures">{"".join(cells)}</div>'


def _of_kind(kind: str, body: Mapping[str, Any]) -> Iterable[str]:
    if kind == "objects":
        yield from _objects(body)
    elif kind == "snippets":
        yield "<h2>By label</h2>"
        yield _table(body["by_label"])
        yield from _tags(body)


def _objects(body: Mapping[str, Any]) -> Iterable[str]:
    yield "<h2>By IoU</h2>"
    yield _table(body["at_iou"])
    means, defects = body["mean_average_precision"], body["defects"]
    yield (
        f"<p>mAP {means['at_0.5']:.3f} at IoU .5 and {means['at_0.5_to_0.95']:.3f} over .5 to .95. "
        f"{defects['duplicates']} duplicates, {defects['fragments']} boxes that are a fragment of "
        f"an object, {defects['split']} objects detected in fragments only.</p>"
    )
    yield "<h2>By label</h2>"
    yield _table(body["by_label"])
    if not plots.is_available():
        yield "<p>There are no plots: matplotlib is not installed.</p>"
    else:
        yield "<h2>Precision over recall, by confidence</h2>"
        yield plots.precision_over_recall(body["curves"])
    for key, title in GROUPS.items():
        if body[key]:
            there = {
                name: row for name, row in body[key].items() if row["objects"] or row["detections"]
            }
            yield f"<h2>{title}</h2>{_table(there)}"
            if plots.is_available():
                yield plots.by_group(body[key])
    yield "<h2>Confusion of labels</h2><p>Rows: true label. Columns: detected label.</p>"
    yield _confusion(body["confusion"])


def _confusion(confusion: Mapping[str, Any]) -> str:
    names = confusion["names"]
    head = "".join(f"<th>{escape(name)}</th>" for name in ["", *names])
    lines = []
    for name, row in zip(names, confusion["rows"], strict=True):
        most = max(1, sum(row))
        cells = "".join(
            f'<td style="background:rgba({"0,140,60" if name == other else "200,30,60"},'
            f'{0.8 * count / most:.2f})">{count or ""}</td>'
            for other, count in zip(names, row, strict=True)
        )
        lines.append(f"<tr><td>{escape(name)}</td>{cells}</tr>")
    return f'<div class="wide"><table><tr>{head}</tr>{"".join(lines)}</table></div>'


def _tags(body: Mapping[str, Any]) -> Iterable[str]:
    if body["misread"]:
        rows = "".join(f"<tr><td>{escape(tag)}</td><td>{escape(read)}</td></tr>"
                       for tag, read in body["misread"][:MAX_TAGS])  # fmt: skip
        yield f"<h2>Misread</h2><table><tr><th>tag</th><th>read as</th></tr>{rows}</table>"
    for key in ("missed", "wrong"):
        if body[key]:
            tags = ", ".join(tag for _, tag in body[key][:MAX_TAGS])
            yield f"<h2>{key.capitalize()}</h2><p>{escape(tags)}</p>"


def _table(rows: Mapping[str, Mapping[str, Any]]) -> str:
    if not rows:
        return "<p>none</p>"
    columns = list(next(iter(rows.values())))
    head = "".join(
        f"<th>{escape(NAMES.get(name, name.replace('_', ' ')))}</th>" for name in ["", *columns]
    )
    lines = "".join(
        f"<tr><td>{escape(name or 'any')}</td>{''.join(map(_cell, row.values()))}</tr>"
        for name, row in rows.items()
    )
    return f'<div class="wide"><table><tr>{head}</tr>{lines}</table></div>'


def _cell(value: Any) -> str:
    shown = "" if value is None else f"{value:.3f}" if isinstance(value, float) else f"{value}"
    return f"<td>{escape(shown)}</td>"


def _worst(
    evaluation: Evaluation, names: Sequence[str], pictures: Sequence[tuple[Miss, bytes]]
) -> str:
    if not evaluation.misses:
        return "<h2>The worst misses</h2><p>There are none.</p>"
    if not pictures:
        lines = "".join(f"<li>{escape(names[m.page])}: {escape(m.what)}</li>"
                        for m in evaluation.misses)  # fmt: skip
        return (
            "<h2>The worst misses</h2><p>There are no pictures: name the drawing with --pdf."
            f"</p><ul>{lines}</ul>"
        )
    shown = "".join(
        f'<figure{_class(miss)}><img alt="" src="data:image/png;base64,{_base64(png)}">'
        f"<figcaption>{escape(names[miss.page])}: {escape(miss.what)}</figcaption></figure>"
        for miss, png in pictures
    )
    return (
        '<h2>The worst misses</h2><p>Ground truth in <span class="true">green</span>, detections '
        f'in <span class="found">magenta</span>.</p><div class="worst">{shown}</div>'
    )


def _class(miss: Miss) -> str:
    return ' class="long"' if miss.box.width > OBLONG * miss.box.height else ""


def _base64(png: bytes) -> str:
    return base64.b64encode(png).decode("ascii")
