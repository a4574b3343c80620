"""Checks that the boxes of ground truth lie on ink of the pages that were evaluated."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from tilescout.rendering.file_kinds import HEAD_BYTES, kind_of
from tilescout.rendering.requests import RenderRequest
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.evaluation import reading_view
from tilescout_datasets import page_source
from tilescout_datasets.annotations import AnnotatedPage, Annotation
from tilescout_datasets.formats.page_files import have_same_aspect
from tilescout_evaluate.pairing import Pair

PREVIEW_SIDE = 4000
MIN_DPI = 50
TILE_SIZE = 1024
MAX_TILE_BYTES = 10_000_000


def check(
    pairs: Sequence[Pair], drawn_in: Sequence[Path], out: Path | None, *, anyway: bool
) -> None:
    """Looks at each page whose file lies beside the truth; ``drawn_in`` are PDFs whose annotations
    are the truth. A picture of a misplaced page goes to ``out``, or to a folder for such files.

    Raises BadUsage unless ``anyway``.
    """
    for pair in pairs:
        page = _page(pair, drawn_in)
        _check_aspect(page, pair, anyway=anyway)
        if not page.annotations or not _is_document(page.path):
            continue
        with tempfile.TemporaryDirectory() as folder:
            cut = page_source.cut_as(page, _preview(pair), Path(folder))
            kept = out or Path(tempfile.gettempdir())
            kept.mkdir(parents=True, exist_ok=True)
            reading_view.check_placement(page, cut, kept, anyway=anyway)


def _page(pair: Pair, drawn_in: Sequence[Path]) -> AnnotatedPage:
    truth, found = pair.truth, pair.found
    return AnnotatedPage(
        path=truth.file,
        page=truth.page,
        width=truth.width or found.width_pt,
        height=truth.height or found.height_pt,
        annotations=tuple(Annotation(item.label, item.box) for item in truth.items),
        are_drawn=truth.file in drawn_in,
        shown=truth.shown,
    )


def _check_aspect(page: AnnotatedPage, pair: Pair, *, anyway: bool) -> None:
    """The page may be nowhere; the results tell its size too."""
    found = pair.found
    if have_same_aspect((page.width, page.height), (found.width_px, found.height_px)) or anyway:
        return
    raise BadUsage(
        f"the truth of {pair.name} is for a page of {page.width:g} x {page.height:g}, the results "
        f"are of one of {found.width_px} x {found.height_px} px, which is another shape; give the "
        "truth of this page, or go on with --anyway"
    )


def _is_document(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return kind_of(file.read(HEAD_BYTES)) is not None
    except OSError:
        return False


def _preview(pair: Pair) -> RenderRequest:
    """Returns a request large enough to see thin lines and small enough to be quick."""
    long_side = max(pair.found.width_px, pair.found.height_px)
    dpi = round(pair.found.dpi * min(1.0, PREVIEW_SIDE / long_side))
    return RenderRequest(
        page=pair.truth.page, dpi=max(MIN_DPI, dpi), tile_size=TILE_SIZE, overlap=0, colour="grey",
        text_layer=False, include=(), exclude=(), max_image_bytes=MAX_TILE_BYTES,
    )  # fmt: skip
