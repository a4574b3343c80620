"""The files that `tilescout evaluate --out` leaves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tilescout_evaluate.pairing import Pair
from tilescout_evaluate.report import html as report_html
from tilescout_evaluate.report import pictures
from tilescout_evaluate.report.figures import Evaluation


def write(folder: Path, evaluation: Evaluation, pairs: Sequence[Pair], pdf: Path | None) -> Path:
    """report.html, whose path is given, and report.json. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [pair.name for pair in pairs]
    shown = list(pictures.cut_outs(evaluation.misses, pairs, evaluation.kind, pdf))
    (folder / "report.json").write_text(json.dumps(evaluation.shown(), indent=1) + "\n")
    html = folder / "report.html"
    html.write_text(report_html.page(evaluation, names, shown), encoding="utf-8")
    return html
