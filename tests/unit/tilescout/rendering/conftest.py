"""Tests of rendering run by both libraries, except for what one of them has alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, get_args

import pytest

from tilescout.profiles import RendererName
from tilescout.rendering import process, render
from tilescout.rendering.child_frames import Frame
from tilescout.rendering.process import RenderLimits

BY_BOTH = {
    "test_annotation_flags", "test_lettering_height", "test_page_boxes", "test_picture_documents",
    "test_poison_documents", "test_rendering", "test_scan_dpi", "test_second_scale",
    "test_text_layer", "test_text_layer_coverage", "test_told_documents", "test_warm_renderer",
}  # fmt: skip
FAST = {"test_annotation_flags", "test_page_boxes", "test_scan_dpi"}
"""Modules whose tests are short by both libraries; the others take PDFium where time allows."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    module = metafunc.module.__name__.rpartition(".")[2]
    if module in BY_BOTH:
        marks = [] if module in FAST else [pytest.mark.long]
        by_library = [pytest.param(name, marks=marks if name == "pdfium" else [], id=name)
                      for name in get_args(RendererName)]  # fmt: skip
        metafunc.parametrize("renderer", by_library, indirect=True, scope="module")


@pytest.fixture(autouse=True, scope="module")
def renderer(request: pytest.FixtureRequest) -> Iterator[RendererName]:
    """Returns the library of the tests by both, which comes before the one of a call's limits."""
    name: RendererName | None = getattr(request, "param", None)

    def child_frames(
        task: str, arguments: dict[str, Any], *, subject: str, limits: RenderLimits
    ) -> AbstractContextManager[Iterator[Frame]]:
        limits = replace(limits, renderer=name or limits.renderer)
        return process.child_frames(task, arguments, subject=subject, limits=limits)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(render, "child_frames", child_frames)
        yield name or "pymupdf"
