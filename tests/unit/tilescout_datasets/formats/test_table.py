"""The table of docs/annotation_formats.md is what the readers do."""

from __future__ import annotations

from benchmarks import annotation_formats
from tests.unit.project.doc_pages import PAGES
from tilescout_datasets.formats.detect_format import FORMATS

PAGE = PAGES["docs/annotation_formats.md"]


def test_the_table_of_the_page_is_what_comes_out() -> None:
    assert annotation_formats.table() in PAGE


def test_every_format_is_on_the_page() -> None:
    assert [form for form in FORMATS if f"`{form}`" not in PAGE] == []
