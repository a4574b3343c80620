"""From the records of an annotation file to annotated pages: one way for every format.

Finds each page's file, measures it, checks each box, joins records of one page, and counts
whatever is left out. A box is kept where it has a label and lies on its page; what is over the
page's edge is cut off.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from tilescout.geometry import Box
from tilescout_datasets.annotations import AnnotatedPage, Annotation
from tilescout_datasets.formats import page_files
from tilescout_datasets.formats.page_files import FoundFile, PageSize
from tilescout_datasets.formats.records import (
    MALFORMED,
    LeftOut,
    PageRecord,
    Record,
    RecordCounter,
    RecordTable,
    Shape,
    ShapeRecord,
    StrayShape,
    malformed,
)

SMALLEST_SIDE = 0.5
"""A box has a longer side, in units of its page: less is a ratio taken for pixels, or nothing."""
MIN_PAGE_SIDE = 16
"""Pages with shorter sides are measured in ratios."""
ON_LEFT_OUT_PAGE = LeftOut("on a page that is left out")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """Annotated pages, and the count of every record of the files that they come from."""

    pages: tuple[AnnotatedPage, ...]
    table: RecordTable

    @property
    def notes(self) -> tuple[str, ...]:
        """The records that were left out, and why."""
        return self.table.lines()


@dataclass(slots=True)
class _KnownShape:
    place: str
    shape: Shape


@dataclass(slots=True, kw_only=True)
class _Page:
    """A page whose file is known; its shapes are checked, in units of ``width`` x ``height``."""

    record: PageRecord
    path: Path
    number: int
    width: float
    height: float
    shown: tuple[float, float] | None
    shapes: list[_KnownShape] = field(default_factory=list)


def import_pages(records: Iterable[tuple[Path, Record]], *, needs_files: bool = True) -> Imported:
    """Returns the pages of records, each with the annotation file that it is from.

    A page whose file is nowhere is left out, or kept where not ``needs_files``.
    """
    counter = RecordCounter()
    pages: dict[tuple[Path, int], list[_Page]] = defaultdict(list)
    for source, record in records:
        if isinstance(record, StrayShape):
            counter.leave_out("box", record.place, record.left_out)
            continue
        try:
            page = _page(record, source, needs_files=needs_files)
        except LeftOut as reason:
            _leave_out(record, reason, counter)
            continue
        page.shapes += _shapes(page, counter)
        if record.shapes and not page.shapes:
            counter.leave_out("page", record.place, LeftOut("no box of it can be used"))
            continue
        pages[page.path, page.number].append(page)
    kept = tuple(page for of_page in pages.values() for page in _joined(of_page, counter))
    return Imported(pages=_named_apart(kept), table=counter.table())


def _named_apart(pages: Sequence[AnnotatedPage]) -> tuple[AnnotatedPage, ...]:
    """The pages, those whose files have one name in different folders with names of their own."""
    names = Counter(page.name for page in pages)
    found: Counter[str] = Counter()
    apart = []
    for page in pages:
        if names[page.name] > 1:
            alias = f"{page.path.parent.name}-{page.path.name.replace('.', '-')}-p{page.page}"
            found[alias] += 1
            number = f"-{found[alias]}" if found[alias] > 1 else ""
            page = replace(page, alias=alias + number)
        apart.append(page)
    return tuple(apart)


def _leave_out(record: PageRecord, reason: LeftOut, counter: RecordCounter) -> None:
    counter.leave_out("page", record.place, reason)
    for shape in record.shapes:
        counter.leave_out("box", shape.place, ON_LEFT_OUT_PAGE)


def _page(record: PageRecord, source: Path, *, needs_files: bool) -> _Page:
    """Finds and measures the page. Raises LeftOut."""
    if record.left_out:
        raise record.left_out
    if not record.file:
        raise LeftOut("without the name of a file")
    try:
        found = page_files.found_file(source, record.file, *record.other_files)
        shown = page_files.size_of(found.path, found.page or record.number)
    except LeftOut:
        if needs_files or record.size is None:
            raise
        name = PurePosixPath(page_files.plain_name(record.file)).name
        found, shown = FoundFile(source.parent / name), None
    width, height = _size(record, shown)
    return _Page(
        record=record,
        path=found.path,
        number=found.page or record.number,
        width=width,
        height=height,
        shown=(shown.width, shown.height) if shown else None,
    )


def _size(record: PageRecord, shown: PageSize | None) -> tuple[float, float]:
    """Returns the size of the page as it was annotated. Raises LeftOut."""
    size = record.size or (shown and (shown.width, shown.height))
    if not size or not all(math.isfinite(side) and side > 0 for side in size):
        raise LeftOut("a size that is not over 0", f"{size}")
    return size


def _shapes(page: _Page, counter: RecordCounter) -> list[_KnownShape]:
    """The shapes that are good; the others are counted.

    The page is turned upright with its shapes where it was annotated as it is stored.
    """
    size, orientation = (page.width, page.height), _stored_orientation(page)
    good = []
    for record in page.record.shapes:
        try:
            shape = _checked(_read(record, *size), *size)
            if orientation != 1:
                shape = replace(shape, box=page_files.upright(shape.box, size, orientation))
            good.append(_KnownShape(record.place, shape))
        except LeftOut as reason:
            counter.leave_out("box", record.place, reason)
    if orientation >= 5:
        page.width, page.height = page.height, page.width
    return good


def _stored_orientation(page: _Page) -> int:
    """The EXIF orientation, where the page was annotated as it is stored and not as it is shown;
    else 1."""
    if not page.shown or page_files.have_same_aspect((page.width, page.height), page.shown):
        return 1
    orientation = page_files.size_of(page.path, page.number).orientation
    is_stored = page_files.have_same_aspect((page.height, page.width), page.shown)
    return orientation if orientation >= 5 and is_stored else 1


def _read(record: ShapeRecord, width: float, height: float) -> Shape:
    """Raises LeftOut."""
    try:
        return record.read(width, height)
    except MALFORMED as error:
        raise malformed(error) from error


def _checked(shape: Shape, width: float, height: float) -> Shape:
    """The shape with its label as text and its box on the page. Raises LeftOut."""
    box = shape.box
    sides = (box.left, box.top, box.right, box.bottom)
    if not all(map(math.isfinite, sides)):
        raise LeftOut("a side is no number", _shown(box))
    if box.right < box.left or box.bottom < box.top:
        raise LeftOut("a side is negative", _shown(box))
    if box.right == box.left or box.bottom == box.top:
        raise LeftOut("a side is zero", _shown(box))
    if min(width, height) >= MIN_PAGE_SIDE and max(box.width, box.height) < SMALLEST_SIDE:
        raise LeftOut("smaller than half a pixel", _shown(box))
    kept = box.intersection(Box(0, 0, width, height))
    if not kept.area:
        raise LeftOut("outside its page", f"{_shown(box)} of {width:g} x {height:g}")
    remarks = shape.remarks
    if kept.width < box.width - SMALLEST_SIDE or kept.height < box.height - SMALLEST_SIDE:
        remarks += ("cut off at the page's edge",)
    return replace(shape, label=_label(shape), box=kept, remarks=remarks)


def _label(shape: Shape) -> str:
    if isinstance(shape.label, bool) or not isinstance(shape.label, str | int | float):
        raise LeftOut("without a label")
    label = str(shape.label).strip()
    if not label and not shape.is_ignored:
        raise LeftOut("without a label")
    return label


def _shown(box: Box) -> str:
    return ", ".join(f"{side:g}" for side in (box.left, box.top, box.right, box.bottom))


def _joined(pages: Sequence[_Page], counter: RecordCounter) -> list[AnnotatedPage]:
    """The one page that records of the same page are, or none where they are of different ones."""
    names = {page_files.plain_name(page.record.file) for page in pages}
    if not _are_one_file(names):
        for page in pages:
            _leave_out_known(page, sorted(names), counter)
        return []
    first, *others = pages
    known: set[tuple[str, tuple[int, int, int, int], bool]] = set()
    kept: list[Shape] = []
    for page in pages:
        scale = (first.width / page.width, first.height / page.height)
        for each in page.shapes:
            shape = replace(each.shape, box=_scaled(each.shape.box, *scale))
            key = (shape.label, shape.box.rounded(), shape.is_ignored)
            if key in known:
                counter.leave_out("box", each.place, LeftOut("there twice"))
                continue
            known.add(key)
            kept.append(shape)
            counter.keep("box", each.place, shape.remarks)
    counter.keep("page", first.record.place, _remarks(first, kept))
    for page in others:
        reason = LeftOut("the same page again, its boxes are added to the first")
        counter.leave_out("page", page.record.place, reason)
    return [_annotated(first, kept)]


def _remarks(page: _Page, kept: Sequence[Shape]) -> tuple[str, ...]:
    return (*page.record.remarks, *(() if kept else ("without a box: taken as empty",)))


def _leave_out_known(page: _Page, names: Sequence[str], counter: RecordCounter) -> None:
    reason = LeftOut("files of one name in different folders", f"{', '.join(names[:2])}")
    counter.leave_out("page", page.record.place, reason)
    for each in page.shapes:
        counter.leave_out("box", each.place, ON_LEFT_OUT_PAGE)


def _are_one_file(names: set[str]) -> bool:
    """Tells if each name ends the longest: ``p1.png`` may be ``plant/p1.png``."""
    longest = max(names, key=len)
    return all(longest == name or longest.endswith(f"/{name}") for name in names)


def _scaled(box: Box, across: float, down: float) -> Box:
    if across == down == 1:
        return box
    return Box(box.left * across, box.top * down, box.right * across, box.bottom * down)


def _annotated(page: _Page, shapes: Sequence[Shape]) -> AnnotatedPage:
    return AnnotatedPage(
        path=page.path,
        page=page.number,
        width=page.width,
        height=page.height,
        annotations=tuple(Annotation(s.label, s.box) for s in shapes if not s.is_ignored),
        ignored=tuple(shape.box for shape in shapes if shape.is_ignored),
        are_drawn=page.record.are_drawn,
        shown=page.shown,
    )
