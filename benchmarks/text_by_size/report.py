"""Makes the documentation page and the plot of benchmarks.text_by_size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

PAPERS = {"A4": (297.0, 210.0), "A2": (594.0, 420.0), "A0": (1189.0, 841.0)}
"""Width and height in mm."""
HEIGHTS_MM = (0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 8.0)
"""The heights of capitals; the standards of technical drawings begin at 1.8 mm."""
WORD_HEIGHTS = ((0.0, 8.0), (8.0, 12.0), (12.0, 1_000.0))
"""Heights in points of a word's box from ascender to descender: three groups of real drawings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A page read in one way; ``words`` and ``found`` are counts by height."""

    page: str
    how: str
    calls: int
    words: dict[float, int]
    found: dict[float, int]

    def recall(self, height: float) -> float | None:
        return self.found[height] / self.words[height] if self.words[height] else None


def page_text(sheets: Sequence[Row], real: Sequence[Row], picture: str) -> str:
    """Returns docs/text_by_size.md."""
    return f"""# Text read, by its size

Written by `python -m benchmarks.text_by_size --drawings DIR --out docs/text_by_size.md`. The same
local OCR reads each page in tiles (the code of a run: 2,048 px at 200 dpi, 256 px overlap,
stitched) and in one call, drawn by the renderer so that the longer side has 2,000 px (to which the
OCR shrinks an image by default), 4,096 px (the largest of Custom Labels) or up to 10,000 px (the
largest of Textract; left out where the OCR's memory does not suffice); never above 200 dpi. Recall
of whole tags or words, as [evaluate.md](evaluate.md) counts it.

![Recall by height of letters on A4, A2 and A0]({picture})

Sheets with {sheets[0].words[HEIGHTS_MM[0]]} tags of each height and nothing else; capitals, mm:

{_table(sheets, [(height, f"{height:g} mm") for height in HEIGHTS_MM])}
{_real(real)}What it says:
- A tag is read while its capitals keep about 5 px: .7 mm at 200 dpi, 1.4 mm on an A0 sheet of 4,096
  px, 2.8 mm of 2,000 px. These tags are clean and stand alone; words of real drawings need more.
- The larger the page and the smaller the text, the more tiling finds: of tags under 2.8 mm on A0
  nearly all, against next to nothing at 2,000 px; of the smallest words of the two sheets of
  42 x 30 in .92 and .93, against .63 and .40 at 2,000 px and .85 and .88 at 4,096 px.
- It does not help on A4, nor on the schematic of 17 x 12 in: one call has all its pixels, and
  reads as much or a little more, for nothing is cut. Nor with capitals of 4 mm and more. Nor where
  a service takes the whole page at full resolution: none takes an A0 sheet over 213 dpi (Textract),
  Custom Labels none over 87.
- Tiling does not make letters larger: what is too small at the profile's dpi is missed in tiles as
  well, and more `dpi` is the remedy; `tilescout plan` warns.
"""


def _real(real: Sequence[Row]) -> str:
    if not real:
        return ""
    groups = [
        (low, f"{low:g} to {high:g} pt" if high < 1_000 else f"over {low:g} pt")
        for low, high in WORD_HEIGHTS
    ]
    return (
        "Page 1 of real drawings; words of the PDF's own visible text, by the height of their box "
        f"(some 1.3 times the font size):\n\n{_table(real, groups)}\n"
    )


def _table(found: Sequence[Row], groups: Sequence[tuple[float, str]]) -> str:
    head = ["page", "how", "calls", *(name for _, name in groups)]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for row in found:
        cells = [row.page, row.how, str(row.calls), *(_cell(row, height) for height, _ in groups)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(row: Row, height: float) -> str:
    recall = row.recall(height)
    return "" if recall is None else f"{recall:.2f} of {row.words[height]}"


def plot(sheets: Sequence[Row], path: Path) -> None:
    """Plots a panel per paper: recall over the height of capitals, a line for each way of
    reading."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "tilescout"
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(PAPERS), figsize=(9, 3.4), sharey=True)
    for axes, (paper, rows) in zip(panels, groupby(sheets, key=lambda row: row.page), strict=True):
        for at, row in enumerate(rows):
            recalls = [row.recall(height) for height in HEIGHTS_MM]
            style = {"linewidth": 3.0, "alpha": 0.55} if at == 0 else {"linewidth": 1.3}
            axes.plot(HEIGHTS_MM, recalls, marker="o", markersize=3, label=row.how, **style)
        axes.set_xscale("log")
        axes.set_xticks(HEIGHTS_MM, [f"{height:g}" for height in HEIGHTS_MM], fontsize="small")
        axes.minorticks_off()
        axes.set_title(paper)
        axes.set_xlabel("height of capitals, mm")
    panels[0].set_ylabel("share of tags read")
    panels[0].set_ylim(-0.03, 1.05)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=4, fontsize="small")
    figure.tight_layout(rect=(0, 0.08, 1, 1))
    figure.savefig(path, metadata={"Date": None})
