"""Compares what two versions find on labelled pages: on tiles for models, else on whole pages."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tilescout.detectors.onnx.model import ServedModel
from tilescout.detectors.references.named_model import NamedModel
from tilescout.errors import TilescoutError
from tilescout.example_search import Finding
from tilescout.example_search.symbol_files import SymbolFile
from tilescout.geometry import POINTS_PER_INCH
from tilescout.profiles import Profile
from tilescout.rendering.render import inspect_document
from tilescout_cli.console import terminal
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.console.progress_view import ProgressView
from tilescout_cli.documents import reviews
from tilescout_cli.evaluation import model_file
from tilescout_cli.evaluation.model_file import OWN_THRESHOLD
from tilescout_cli.training import data_sets
from tilescout_datasets import datasets, page_source
from tilescout_datasets.annotations import AnnotatedPage, AnnotatedTile, UnusableAnnotations
from tilescout_evaluate.pairing import Pair
from tilescout_evaluate.truth.pages import TrueItem, TruePage
from tilescout_evaluate.truth.results import ResultDetection, ResultDocument, ResultPage
from tilescout_evaluate.version_comparison import VersionComparison, compare_versions
from tilescout_examples.search import MAX_PAGES, search_page
from tilescout_examples.symbols import StoredSymbols

Model = ServedModel | NamedModel
DATA_SET = "dataset.json"
SCALE_DPI = 720
"""The dpi of the boxes of a searched page: as fine as whole pixels need to be."""
Item = TypeVar("Item", AnnotatedPage, AnnotatedTile)


def compare_models(
    before: Model, after: Model, truth: Sequence[Path], profile: Profile
) -> VersionComparison:
    """Returns how two models compare on tiles that are cut as the profile cuts them.

    ``truth`` are data sets, of which held-out tiles count, or annotated pages. Raises BadUsage.
    """
    with _tiles(truth, profile) as tiles:
        labels = _known(
            {each.label for tile in tiles for each in tile.annotations},
            {*before.card.labels, *after.card.labels},
        )
        one, other = (_on_tiles(model, tiles, profile, labels) for model in (before, after))
        return compare_versions(one, other)


def compare_examples(
    before: SymbolFile, after: SymbolFile, truth: Sequence[Path], profile: Profile
) -> VersionComparison:
    """Returns how two files of examples compare on annotated pages. Raises BadUsage."""
    with reviews.as_files(truth, "coco") as files:
        pages = _annotated(files)
        labels = _known(
            {each.label for page in pages for each in page.annotations},
            {*before.labels, *after.labels},
        )
        _tell_pictures(pages, before)
        one, other = (_on_pages(each, pages, profile, labels) for each in (before, after))
        return compare_versions(one, other)


def _tell_pictures(pages: Sequence[AnnotatedPage], symbols: SymbolFile) -> None:
    """Says where pages are searched by their pixels that a run may search by their strokes."""
    pictures = sum(page.path.suffix.lower() != ".pdf" for page in pages)
    if pictures and symbols.strokes:
        terminal.say(
            f"{terminal.counted(pictures, 'page')} of the truth are pictures, and are searched as "
            "scans; name annotated PDFs to compare on strokes"
        )


def _known(true: set[str], known: set[str]) -> tuple[str, ...]:
    """Returns the labels of the truth that one of the versions knows; tells of the others."""
    both = tuple(sorted(true & known))
    if not both:
        raise BadUsage(
            f"labelled pages must have labels of the versions, {', '.join(sorted(known))}; these "
            f"have {', '.join(sorted(true)) or 'none'}; give others with --truth"
        )
    if others := sorted(true - known):
        terminal.say(f"labels that neither version knows are left out: {', '.join(others)}")
    return both


@contextmanager
def _tiles(truth: Sequence[Path], profile: Profile) -> Iterator[list[AnnotatedTile]]:
    sets = [path for path in truth if (path / DATA_SET).is_file()]
    others = [path for path in truth if path not in sets]
    tiles = [tile for folder in sets for tile in _held_out(folder, profile)]
    with tempfile.TemporaryDirectory() as folder, reviews.as_files(others, "coco") as files:
        for page in _annotated(files) if files else ():
            tiles += _cut(page, profile, Path(folder))
        yield tiles


def _held_out(folder: Path, profile: Profile) -> list[AnnotatedTile]:
    try:
        dataset = datasets.read(folder)
    except UnusableAnnotations as error:
        raise BadUsage(str(error)) from error
    if dataset.dpi != profile.dpi:
        raise BadUsage(
            f"a data set must be drawn as profile {profile.name} draws, at {profile.dpi} dpi; "
            f"{folder} has {dataset.dpi}; build it again with this profile"
        )
    return dataset.test


def _annotated(files: Sequence[Path]) -> list[AnnotatedPage]:
    return list(data_sets.imported(list(files), None, strict=False).pages)


def _cut(page: AnnotatedPage, profile: Profile, folder: Path) -> list[AnnotatedTile]:
    try:
        return page_source.cut(page, profile, folder).tiles
    except TilescoutError as error:
        raise BadUsage(f"{page.path} cannot be drawn: {error}") from error


def _on_tiles(
    model: Model, tiles: Sequence[AnnotatedTile], profile: Profile, labels: Sequence[str]
) -> list[Pair]:
    def pair(tile: AnnotatedTile) -> Pair:
        found = _kept(model_file.detections_on(tile, model), profile)
        return model_file.tile_pair(tile, profile.dpi, found, labels)

    return _each(tiles, pair, "tile")


def _kept(found: Iterable[ResultDetection], profile: Profile) -> tuple[ResultDetection, ...]:
    """Returns what a run with the profile keeps: a label's own threshold is confidence 50."""
    return tuple(
        each for each in found
        if each.confidence >= (profile.confidence_floor(each.label) or OWN_THRESHOLD)
    )  # fmt: skip


def _each(items: Sequence[Item], pair: Callable[[Item], Pair], unit: str) -> list[Pair]:
    pairs = []
    with ProgressView() as view:
        for at, item in enumerate(items):
            view.step("comparing versions", f"{unit} {at + 1} of {len(items)}")
            pairs.append(pair(item))
    return pairs


def _on_pages(
    symbols: SymbolFile, pages: Sequence[AnnotatedPage], profile: Profile, labels: Sequence[str]
) -> list[Pair]:
    stored = StoredSymbols(symbols)
    return _each(pages, lambda page: _on_page(stored, page, profile, labels), "page")


def _on_page(
    symbols: StoredSymbols, page: AnnotatedPage, profile: Profile, labels: Sequence[str]
) -> Pair:
    with page_source.as_document(page) as (file, number):
        found, shown = search_page(file, number, symbols), _shown(file, number)
    if isinstance(found, str):
        raise BadUsage(f"page {page.page} of {page.path} cannot be searched: {found}")
    kept = _kept((_as_detection(each) for each in found.findings if not each.withheld), profile)
    document = ResultDocument(id="", file=page.path.name, profile=profile.name, status="DONE",
                              pages={1: shown}, detections=kept)  # fmt: skip
    return Pair(document, shown, _truth(page, labels), page.name)


def _shown(file: Path, number: int) -> ResultPage:
    """Returns the size of a page as it is searched."""
    (facts,) = inspect_document(file, max_pages=MAX_PAGES, pages=(number, number)).pages
    scale = SCALE_DPI / POINTS_PER_INCH
    return ResultPage(page=1, width_px=round(facts.width_pt * scale),
                      height_px=round(facts.height_pt * scale), dpi=SCALE_DPI,
                      width_pt=facts.width_pt, height_pt=facts.height_pt)  # fmt: skip


def _as_detection(find: Finding) -> ResultDetection:
    box = find.box.scale(SCALE_DPI / POINTS_PER_INCH)
    return ResultDetection(
        page=1, label=find.label, text="", confidence=100 * find.score,
        box_px=(box.left, box.top, box.right, box.bottom),
    )  # fmt: skip


def _truth(page: AnnotatedPage, labels: Sequence[str]) -> TruePage:
    """Returns the truth of a page. What is of other labels is neither to be found nor wrong."""
    known = [each for each in page.annotations if each.label in labels]
    others = [each.box for each in page.annotations if each.label not in labels]
    return TruePage(
        file=page.path, page=1, width=page.width, height=page.height,
        items=tuple(TrueItem(box=each.box, label=each.label) for each in known),
        ignored=(*page.ignored, *others),
    )  # fmt: skip
