"""Draws the plots of a report as SVG text, with matplotlib if it is installed."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

MAX_LABELS = 10
OFFSET = "offset points"


def is_available() -> bool:
    return find_spec("matplotlib") is not None


def precision_over_recall(curves: Mapping[str, Mapping[str, Sequence[float]]]) -> str:
    """Draws one line per label, at most ten, and a thick one for all."""
    figure, axes = _figure(4.6)
    labels = [name for name in curves if name][:MAX_LABELS]
    for name in labels:
        axes.step(curves[name]["recall"], curves[name]["precision"], where="post", lw=1, label=name)
    every = curves[""]
    axes.step(every["recall"], every["precision"], where="post", lw=2.5, color="k", label="all")
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.02))
    axes.legend(fontsize="small", loc="lower left")
    return _svg(figure)


def by_group(groups: Mapping[str, Mapping[str, float]]) -> str:
    """Draws recall and precision as bars of the groups that are not empty."""
    shown = {name: row for name, row in groups.items() if row["objects"] or row["detections"]}
    figure, axes = _figure(1.2 + 0.45 * len(shown))
    places = range(len(shown))
    for shift, key in ((0.2, "recall"), (-0.2, "precision")):
        axes.barh([at + shift for at in places], [row[key] for row in shown.values()], 0.38,
                  label=key)  # fmt: skip
    axes.set_yticks(list(places), [f"{name} ({row['objects']})" for name, row in shown.items()])
    axes.set_xlim(0, 1.02)
    axes.invert_yaxis()
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    return _svg(figure)


def cost_and_accuracy(
    points: Sequence[tuple[float, float, str]], front: Sequence[tuple[float, float, str]]
) -> str:
    """Draws F1 over dollars per page; a line joins the numbered and named points of ``front``."""
    figure, axes = _figure(4.6)
    axes.scatter([x for x, _, _ in points], [y for _, y, _ in points], s=14, color="0.6")
    axes.plot([x for x, _, _ in front], [y for _, y, _ in front], "o-", ms=5, lw=1.5)
    for number, (x, y, name) in enumerate(front, start=1):
        axes.annotate(str(number), (x, y), fontsize="small", xytext=(4, -10), textcoords=OFFSET)
        axes.plot([], [], " ", label=f"{number}: {name}")
    axes.legend(fontsize="x-small", loc="lower right", handlelength=0, handletextpad=0)
    axes.set(xlabel="dollars per page", ylabel="F1")
    axes.grid(alpha=0.3)
    return _svg(figure)


def before_and_after(
    panels: Mapping[str, tuple[Sequence[float], Sequence[float], Sequence[float]]],
) -> str:
    """Draws a panel per name: limits between bins, and their shares before and after."""
    figure, _ = _figure(0.4 + 1.5 * len(panels), rows=len(panels))
    for panel, (name, (limits, before, after)) in zip(
        figure.get_axes(), panels.items(), strict=True
    ):
        panel.stairs(before, label="before", fill=True, color="0.8")
        panel.stairs(after, label="after", lw=1.5, color="C3")
        panel.set_title(name, fontsize="small", loc="left")
        ticks = range(0, len(limits), 4)
        panel.set_xticks([at + 1 for at in ticks], [f"{limits[at]:.3g}" for at in ticks])
        panel.tick_params(labelsize="x-small")
    figure.get_axes()[0].legend(fontsize="x-small")
    return _svg(figure)


def _figure(height: float, *, rows: int = 1) -> tuple[Any, Any]:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "tilescout"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(rows, figsize=(7, height), layout="constrained")
    return figure, axes


def _svg(figure: Any) -> str:
    from matplotlib import pyplot

    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    pyplot.close(figure)
    text = file.getvalue()
    return text[text.index("<svg") :]
