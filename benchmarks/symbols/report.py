"""Makes the documentation page and the plot of benchmarks.symbols."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.symbols.accuracy import SIZES, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The pages and settings of the measurement in words; ``threshold`` is a confidence."""

    sheets: str
    askew: str
    sample: str
    tiles: str
    threshold: float


def table(found: list[Row]) -> str:
    """Returns the table in Markdown."""
    head = ["how", "objects", "F1", "P", "R", "wrong", "on near misses", "mAP@.5"]
    head += [f"R {name}" for name in SIZES]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for row in found:
        seen = row.counts
        cells = [row.how, f"{seen.objects}", f"{seen.f1:.3f}", f"{seen.precision:.3f}",
                 f"{seen.recall:.3f}", f"{seen.wrong}", f"{seen.fooled}",
                 f"{row.mean_average_precision:.3f}",
                 *(f"{value:.3f}" for value in row.recalls.values())]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def page_text(found: list[Row], setting: Setting, pace: float, picture: str) -> str:
    """Returns docs/symbols.md."""
    return f"""# Symbols found

Written by `python -m benchmarks.symbols --workflow --out docs/symbols.md`. The model that stands
behind the local Custom Labels ([detector.md](detector.md)) looks at pages of seeds that it was not
trained on: {setting.sheets} (seven kinds, four turns, 15 % larger or smaller, a near
miss for every two symbols), {setting.askew} whose scattered symbols are turned
by any angle ("askew"), and {setting.sample}. Its thresholds are those that its training chose on
held-out pages. "Tiled" is the code of a run: {setting.tiles},
merged. Beside it the same model sees the whole page in one call, unshrunk, and with its longer
side at what services take.

{table(found)}
F1, P and R at a confidence of {setting.threshold:g} and IoU .5; mAP over all confidences by
faster-coco-eval. R by size: the square root of the area of an object's box.

{pace:.1f} tiles of 1,024 px per second on one core, JPEG in, boxes out, by the processor's clock.

![Recall by size, tiled and in one call]({picture})

How many annotations a kind it takes: [symbol_annotations.md](symbol_annotations.md).

What this does not say:
- These pages are drawn by the code that drew the training pages. Other people's drawings need
  pages of their own to train with, and will be found less well.
- The network takes an image of any size: a page that is not shrunk is read in one call as well as
  in tiles (the annotated sheets are under 4,096 px at this dpi). It is the shrinking that loses
  symbols. The model knows them at the scale of the tiles; one trained on shrunk pages would do
  better on such, and was not tried.
"""


PLOTTED = {
    "annotated sheets": "annotated sheets (A2)",
    "sample_a0.pdf": "sample_a0.pdf (A0)",
}
"""The parts of the table by the beginning of their rows, and their titles."""


def plot(found: list[Row], path: Path) -> None:
    """Plots recall, grouped by size: tiled, and in one call of every size."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "tilescout"
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, 2, figsize=(9, 3.2), sharey=True, layout="constrained")
    for axes, (part, title) in zip(panels, PLOTTED.items(), strict=True):
        _bars(axes, [row for row in found if row.how.startswith(part) and "`" not in row.how])
        axes.set_title(title, fontsize="medium")
    panels[0].set_ylabel("recall at the thresholds")
    panels[0].set_ylim(0, 1.05)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, fontsize="small", loc="outside lower center", ncols=3)
    figure.savefig(path, metadata={"Date": None})


def _bars(axes: Any, shown: list[Row]) -> None:
    for at, row in enumerate(shown):
        places = [place + 0.15 * at for place in range(len(SIZES))]
        axes.bar(places, list(row.recalls.values()), 0.14, label=row.how.split(", ", 1)[1])
    axes.set_xticks([place + 0.15 * (len(shown) - 1) / 2 for place in range(len(SIZES))], SIZES)
