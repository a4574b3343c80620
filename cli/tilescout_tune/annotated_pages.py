"""Gathers the annotated pages to tune on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tilescout.rendering.render import inspect_document
from tilescout.rendering.requests import PageFacts
from tilescout_evaluate.truth import files as truth_files
from tilescout_evaluate.truth.pages import Kind, TruePage, Truth, UnusableTruth

MAX_PAGES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningPage:
    """An annotated page to try settings on."""

    pdf: Path
    facts: PageFacts
    truth: TruePage

    @property
    def number(self) -> int:
        """The page's number, from 1."""
        return self.facts.page


@dataclass(frozen=True, slots=True)
class AnnotatedPages:
    """The pages to tune on and the kind of items that they are evaluated by."""

    pages: tuple[TuningPage, ...]
    kind: Kind


def gather(
    pdfs: Sequence[Path],
    files: Sequence[Path],
    kind: Kind | None = None,
    pages: tuple[int, int] | None = None,
    *,
    text_layer: bool = False,
) -> AnnotatedPages:
    """Returns the pages of the PDFs that the truth has, matched by file name; of ``pages`` only.

    If there is no file of truth, the text layers of the PDFs are the truth. Raises UnusableTruth,
    and what `inspect_document` raises.
    """
    numbers = range(pages[0], pages[1] + 1) if pages else ()
    sources = files or (pdfs if text_layer else ())
    read = [truth_files.read(source, numbers, text_layer=text_layer) for source in sources]
    if not read:
        raise UnusableTruth("ground truth is needed; give --truth FILE, or --text-layer")
    annotated = tuple(
        TuningPage(pdf=pdf, facts=facts, truth=truth)
        for pdf in pdfs
        for facts in inspect_document(pdf, max_pages=MAX_PAGES, pages=pages).pages
        if (truth := _truth(pdf, facts.page, read, is_only=len(pdfs) == 1)) is not None
    )
    if not annotated:
        names = sorted({page.file.name for truth in read for page in truth.pages})
        raise UnusableTruth(
            f"ground truth must be of the pages to tune on; it is of {', '.join(names)}, the pages "
            f"are of {', '.join(pdf.name for pdf in pdfs)}; name the files alike"
        )
    return AnnotatedPages(annotated, kind or read[0].kind)


def _truth(pdf: Path, number: int, read: Sequence[Truth], *, is_only: bool) -> TruePage | None:
    every = [page for truth in read for page in truth.pages]
    is_only = is_only and len({page.file.name for page in every}) == 1
    mine = (p for p in every if p.page == number and (is_only or p.file.name == pdf.name))
    return next(mine, None)
