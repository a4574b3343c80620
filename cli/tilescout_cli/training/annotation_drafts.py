"""First drafts of annotations: what the shipped detector finds, named by the nearest reference."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import typer

from tilescout import results
from tilescout.detections import Answer
from tilescout.detectors.references.named_model import open_model
from tilescout.documents import Document
from tilescout.errors import TilescoutError
from tilescout.ledger import PageRow
from tilescout.merging.page import detect_on_page
from tilescout.profiles import Profile
from tilescout.rendering.render import inspect_document, render_page
from tilescout.rendering.requests import RenderedPage, RenderedTile, RenderRequest
from tilescout.results import ResultSet
from tilescout_cli.console import clock, terminal
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.console.progress_view import ProgressView
from tilescout_cli.console.terminal import counted
from tilescout_cli.documents import export, result_files, viewing
from tilescout_cli.evaluation.model_file import OWN_THRESHOLD
from tilescout_cli.stack import cdk_profiles
from tilescout_cli.training import reference_sets
from tilescout_datasets.references import base_models
from tilescout_tune.onnx_detector import OnnxPort

MAX_PAGES = 10_000
BUCKET = "draft"
"""The name in place of a bucket: the files lie on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftOrder:
    """The profile to draw by, the set of references if there is one, and a format to export to."""

    profile: str | None
    references: Path | None
    form: str | None


@dataclass(frozen=True, slots=True)
class Draft:
    """A drafted file: the folder of its result, and the number of boxes of each label."""

    file: Path
    folder: Path
    labels: Counter[str]


@dataclass(frozen=True, slots=True)
class Drafter:
    """A model, ``name`` a digest of its file, and the profile by which pages are drawn."""

    name: str
    port: OnnxPort
    profile: Profile

    def result(self, file: Path, view: ProgressView) -> dict[str, Any]:
        """Returns the content of detections.json for a file. Raises TilescoutError."""
        facts = inspect_document(file, max_pages=MAX_PAGES)
        pages, rows = [], []
        for number in range(1, facts.page_count + 1):
            view.step("drafting", f"{file.name} page {number} of {facts.page_count}")
            page, found = self._page(file, number)
            pages.append(page)
            rows += found
        document = self._document(file)
        head = results.document_json(document, pages, self.name)
        return {"document": head, "detections": [results.detection_json(row) for row in rows]}

    def _page(self, file: Path, number: int) -> tuple[PageRow, list[dict[str, Any]]]:
        tiles: list[RenderedTile] = []
        request = RenderRequest.for_page(number, self.profile, pixels_only=True)
        shown = render_page(file, request, tiles.append)
        answers = [self.port.detect(each.image, each.tile) for each in tiles]
        page = _page_row(shown)
        return page, list(self._rows(file, page, answers))

    def _rows(
        self, file: Path, page: PageRow, answers: Sequence[Answer]
    ) -> Iterator[dict[str, Any]]:
        document = self._document(file)
        result = ResultSet(id=document.result_id, document=document, made_at=clock.now())
        found = detect_on_page(answers, page.page, page.width_px, page.height_px, self.profile)
        for number, detection in enumerate(found):
            yield results.row(result, detection, number, page.dpi)

    def _document(self, file: Path) -> Document:
        """Returns a document whose id is that of its content and of the model."""
        digest = hashlib.sha256(file.read_bytes() + self.name.encode()).hexdigest()[:32]
        return Document(
            id=digest, bucket=BUCKET, key=file.name, version=self.name, profile=self.profile,
            accepted_at=0, status="DONE", result_id=f"{digest}-000001",
        )  # fmt: skip


def _page_row(shown: RenderedPage) -> PageRow:
    return PageRow(
        page=shown.page, tiled=True, width_px=shown.width_px, height_px=shown.height_px,
        width_pt=shown.width_pt, height_pt=shown.height_pt, dpi=shown.dpi, rotation=shown.rotation,
    )  # fmt: skip


def draft(files: Sequence[Path], out: Path, order: DraftOrder, *, as_json: bool) -> None:
    """Writes a result folder for each file, which the viewer takes, and an export of all of them.

    Raises BadUsage where a file or the set of references cannot be used.
    """
    reference_sets.check_installed()
    drafter = _drafter(order)
    drafts = []
    with ProgressView() as view:
        for file, folder in zip(files, _folders(files, out), strict=True):
            drafts.append(_drafted(drafter, file, folder, view))
    if order.form:
        export.export_source(viewing.of_files([str(out)]), order.form, out / order.form)
    _tell(drafts, out, as_json=as_json)


def _folders(files: Sequence[Path], out: Path) -> list[Path]:
    return result_files.folders(out, [file.stem for file in files])


def _drafter(order: DraftOrder) -> Drafter:
    """Returns the set of references at its own dpi, or the shipped detector at the profile's."""
    profile = _whole_pages(cdk_profiles.read().named(order.profile))
    if order.references:
        body, model = reference_sets.opened(order.references)
        profile = replace(profile, dpi=model.references.dpi)
        return Drafter(_digest(body), OnnxPort(model), profile)
    body = base_models.DETECTOR.read_bytes()
    return Drafter(_digest(body), OnnxPort(open_model(body)), profile)


def _whole_pages(profile: Profile) -> Profile:
    """Returns the profile for everything that a model finds, in one scale."""
    return replace(
        profile, labels=(), find=(), min_confidence={"*": OWN_THRESHOLD}, second_scale=0.0,
        max_dpi=0,
    )  # fmt: skip


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:16]


def _drafted(drafter: Drafter, file: Path, folder: Path, view: ProgressView) -> Draft:
    try:
        result = drafter.result(file, view)
    except (TilescoutError, OSError) as error:
        raise BadUsage(f"{file} cannot be drafted: {error}") from error
    result_files.keep_drawing(file, folder)
    (folder / "detections.json").write_text(json.dumps(result) + "\n", encoding="utf-8")
    return Draft(file, folder, Counter(each["label"] for each in result["detections"]))


def _tell(drafts: Sequence[Draft], out: Path, *, as_json: bool) -> None:
    if as_json:
        rows = [{"file": str(e.file), "folder": str(e.folder), "labels": e.labels} for e in drafts]
        terminal.print_json({"drafts": rows})
        return
    for each in drafts:
        named = ", ".join(f"{count} {label}" for label, count in sorted(each.labels.items()))
        typer.echo(f"{each.file.name}: {counted(each.labels.total(), 'box', 'boxes')} ({named})")
    terminal.say(
        f"correct them with `tilescout view {out}`; then `tilescout references make review:{out}` "
        f"and `tilescout dataset build review:{out}` take what is right"
    )
