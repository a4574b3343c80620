"""Records of an annotation file, and the count of what was kept, changed and left out.

Every reader yields `PageRecord` and `StrayShape`; none of them decides alone what is dropped. So
``kept + left out = read`` holds for each kind of record of every format.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from tilescout.geometry import Box

Kind = Literal["page", "box"]
KINDS: tuple[Kind, ...] = ("page", "box")
PLURALS = {"page": "pages", "box": "boxes"}
MAX_EXAMPLES = 3
MAX_LINES = 10
"""Lines of a summary for each kind of record."""
MAX_DETAIL = 300
MALFORMED = (ArithmeticError, AttributeError, KeyError, IndexError, RecursionError, TypeError,
             ValueError)  # fmt: skip
"""Reading a member raises these where it is missing or of another type."""


class LeftOut(Exception):
    """A record cannot be used; ``reason`` names the kind of fault, ``detail`` this case of it."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A labelled box in units of its page; ``remarks`` tell what of the record was not used."""

    label: Any
    box: Box
    is_ignored: bool = False
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShapeRecord:
    """One shape of a file: ``place`` names it in messages.

    ``read`` takes the page's width and height, and raises `LeftOut` or one of `MALFORMED`.
    """

    place: str
    read: Callable[[float, float], Shape]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRecord:
    """One page of a file: ``file`` as the record names it, ``number`` from 1, ``size`` (width,
    height) in the units of its boxes, or None where the file itself tells.

    ``other_files`` are further names that the file may have. ``left_out`` says why the page is not
    used, for instance that nobody annotated it.
    """

    place: str
    file: str = ""
    other_files: tuple[str, ...] = ()
    number: int = 1
    size: tuple[float, float] | None = None
    shapes: Sequence[ShapeRecord] = ()
    left_out: LeftOut | None = None
    are_drawn: bool = False
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StrayShape:
    """A shape that belongs to no page of its file."""

    place: str
    left_out: LeftOut


Record = PageRecord | StrayShape


@dataclass(frozen=True, slots=True)
class RecordRow:
    """Records of one kind that were left out, or kept with a change, for one reason."""

    kind: Kind
    reason: str
    count: int
    examples: tuple[str, ...]
    is_kept: bool = False

    def text(self) -> str:
        noun = self.kind if self.count == 1 else PLURALS[self.kind]
        what = "kept" if self.is_kept else "left out"
        return f"{self.count:,} {noun} {what}: {self.reason} ({'; '.join(self.examples)})"


@dataclass(frozen=True, slots=True)
class RecordTable:
    """How many records of each kind were read and kept, and why the others were not."""

    read: dict[Kind, int]
    kept: dict[Kind, int]
    rows: tuple[RecordRow, ...]

    def left_out(self, kind: Kind) -> int:
        """Returns the number of records that were left out, over all reasons."""
        return sum(row.count for row in self.rows if row.kind == kind and not row.is_kept)

    @property
    def is_complete(self) -> bool:
        """Tells if every record of the file was kept."""
        return not any(self.left_out(kind) for kind in KINDS)

    def lines(self) -> tuple[str, ...]:
        """Returns at most `MAX_LINES` lines for each kind, the largest counts first."""
        return tuple(line for kind in KINDS for line in _lines(self.of(kind)))

    def as_json(self) -> dict[str, Any]:
        """Returns the counts, and each reason with its first examples, as plain values."""
        rows = [row for kind in KINDS for row in self.of(kind)]
        return {
            "read": self.read,
            "kept": self.kept,
            "left_out": [asdict(row) for row in rows if not row.is_kept],
            "remarks": [asdict(row) for row in rows if row.is_kept],
        }

    def of(self, kind: Kind) -> list[RecordRow]:
        """Returns the rows of one kind: those left out before those kept with a change."""
        rows = [row for row in self.rows if row.kind == kind]
        return sorted(rows, key=lambda row: (row.is_kept, -row.count))


def _lines(rows: list[RecordRow]) -> Iterator[str]:
    fitting = rows if len(rows) <= MAX_LINES else rows[: MAX_LINES - 1]
    yield from (row.text() for row in fitting)
    others = rows[len(fitting) :]
    if others:
        count = sum(row.count for row in others)
        yield f"{count:,} {PLURALS[others[0].kind]} more, for {len(others)} other reasons"


@dataclass(slots=True)
class RecordCounter:
    """Counts records while files are read; `table` gives the result."""

    _read: Counter[Kind] = field(default_factory=Counter)
    _kept: Counter[Kind] = field(default_factory=Counter)
    _rows: dict[tuple[Kind, str, bool], list[str]] = field(default_factory=dict)
    _counts: Counter[tuple[Kind, str, bool]] = field(default_factory=Counter)

    def keep(self, kind: Kind, place: str, remarks: Iterable[str] = ()) -> None:
        """Counts a record that is used; each of ``remarks`` says what of it is not."""
        self._read[kind] += 1
        self._kept[kind] += 1
        for remark in remarks:
            self._tell(kind, remark, place, is_kept=True)

    def leave_out(self, kind: Kind, place: str, reason: LeftOut) -> None:
        """Counts a record that is not used."""
        self._read[kind] += 1
        detail = f"{place}: {reason.detail}" if reason.detail else place
        self._tell(kind, reason.reason, detail, is_kept=False)

    def _tell(self, kind: Kind, reason: str, example: str, *, is_kept: bool) -> None:
        key = (kind, reason, is_kept)
        self._counts[key] += 1
        examples = self._rows.setdefault(key, [])
        if len(examples) < MAX_EXAMPLES:
            examples.append(example[:MAX_DETAIL])

    def table(self) -> RecordTable:
        """Returns what was counted so far."""
        rows = tuple(
            RecordRow(kind, reason, self._counts[kind, reason, is_kept], tuple(examples), is_kept)
            for (kind, reason, is_kept), examples in self._rows.items()
        )
        return RecordTable(
            read={kind: self._read[kind] for kind in KINDS},
            kept={kind: self._kept[kind] for kind in KINDS},
            rows=rows,
        )


def malformed(error: Exception) -> LeftOut:
    """Returns the reason for a record whose members are missing or of another type."""
    if isinstance(error, KeyError):
        return LeftOut("without a member that it needs", f"no {error}")
    return LeftOut("a member is of another type or value", f"{error}" or type(error).__name__)


def page_records(rows: Iterable[Any], page: Callable[[Any, int], PageRecord]) -> Iterator[Record]:
    """Yields what ``page`` makes of each row and its number, or why the row is left out."""
    for at, row in enumerate(rows, 1):
        try:
            yield page(row, at)
        except LeftOut as reason:
            yield PageRecord(place=f"line {at}", left_out=reason)
        except MALFORMED as error:
            yield PageRecord(place=f"line {at}", left_out=malformed(error))


def number(value: Any) -> float:
    """Returns a number that a file gives as one, or as text. Raises TypeError or ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError(f"{str(value)[:40]!r} is no number")
    return float(value)
