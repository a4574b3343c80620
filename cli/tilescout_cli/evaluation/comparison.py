"""How right results are against ground truth, and a model file on its held-out tiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tilescout.errors import TilescoutError
from tilescout.intake.page_ranges import parse_pages
from tilescout_cli.console import terminal
from tilescout_cli.console.failures import BadUsage, CommandFailed
from tilescout_cli.console.progress_view import ProgressView
from tilescout_cli.documents import reviews, uploads
from tilescout_cli.evaluation import inputs, model_file, reading_view, truth_placement
from tilescout_cli.evaluation import view as evaluation_view
from tilescout_cli.evaluation.inputs import Result
from tilescout_cli.evaluation.limits import Limits
from tilescout_evaluate import pairing
from tilescout_evaluate.metrics.coco_precision import NotInstalled
from tilescout_evaluate.pairing import Pair, Paired
from tilescout_evaluate.report import figures
from tilescout_evaluate.report.figures import Evaluation
from tilescout_evaluate.report.html import write_report
from tilescout_evaluate.truth import files as truth_files
from tilescout_evaluate.truth.pages import Kind, TruePage, UnusableTruth


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A comparison of one kind: all labels where ``labels`` is empty, all pages where ``pages`` is.

    Where the boxes of the files ``truth`` lie is checked for objects, unless ``anyway``.
    """

    kind: Kind
    labels: tuple[str, ...]
    pages: str
    truth: Sequence[Path] = ()
    anyway: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The output of an evaluation: files in ``out`` with pictures of ``pdf``, and the console."""

    out: Path | None
    pdf: Path | None
    as_json: bool


def truth_of(
    files: list[Path], found: list[Result], *, text_layer: bool, strict: bool
) -> list[TruePage]:
    """Returns the true pages of files of ground truth. Raises BadUsage."""
    numbers = {number for each in found for number in each.document.pages}
    try:
        with reviews.as_files(files, "rows") as paths:
            read = [truth_files.read(path, numbers, text_layer=text_layer) for path in paths]
    except (UnusableTruth, TilescoutError) as error:
        raise BadUsage(str(error)) from error
    for each in read:
        if each.table:
            reading_view.tell(each.table, strict=strict)
    return [page for each in read for page in each.pages]


def evaluate(
    comparison: Comparison,
    found: list[Result],
    truth: list[TruePage],
    report: Report,
    limits: Limits,
) -> None:
    """Shows how right results are. Raises CommandFailed where a limit is broken, BadUsage."""
    try:
        documents = [each.document for each in found]
        paired = pairing.paired(documents, truth, _only(comparison.pages))
        if comparison.kind == "objects":
            truth_placement.check(
                paired.pairs, comparison.truth, report.out, anyway=comparison.anyway
            )
        evaluation = _evaluated(comparison, paired, found)
    except (UnusableTruth, NotInstalled, TilescoutError) as error:
        raise BadUsage(str(error)) from error
    _report(evaluation, paired.pairs, report)
    limits.check(evaluation.figures)


def evaluate_model(
    file: Path,
    folder: Path,
    labels: Sequence[str],
    out: Path | None,
    limits: Limits,
    *,
    as_json: bool,
) -> None:
    """Shows how right a model file is on the held-out tiles of a data set.

    Raises CommandFailed where a limit is broken, BadUsage for files that cannot be used.
    """
    try:
        with ProgressView() as view:
            found = model_file.evaluate(
                file, folder, labels,
                lambda done, of: view.step("running the model", f"tile {done} of {of}"),
            )  # fmt: skip
    except NotInstalled as error:
        raise BadUsage(str(error)) from error
    _report(found.evaluation, found.pairs, Report(out=out, pdf=None, as_json=as_json))
    limits.check(found.evaluation.figures)


def _report(found: Evaluation, pairs: Sequence[Pair], report: Report) -> None:
    """Writes the files where they are wanted, and prints to the console."""
    out = report.out
    try:
        if out:
            terminal.say(f"report: {write_report(out, found, pairs, report.pdf)}")
    except OSError as error:
        raise CommandFailed(f"{out} cannot be written ({error.strerror}); give another") from error
    _show(found, as_json=report.as_json)


def _only(pages: str) -> frozenset[int] | None:
    named = parse_pages(uploads.check_pages(pages))
    return frozenset(range(named[0], named[1] + 1)) if named else None


def _evaluated(comparison: Comparison, paired: Paired, found: list[Result]) -> Evaluation:
    labels = comparison.labels
    warnings = list(paired.warnings)
    warnings += [f"{each.document.file} is {each.document.status}, not DONE" for each in found
                 if each.document.status != "DONE"]  # fmt: skip
    if comparison.kind == "text":
        evaluation = figures.of_text(pairing.text_pages(paired.pairs))
    elif comparison.kind == "snippets":
        evaluation = figures.of_snippets(pairing.snippet_pages(paired.pairs, labels))
    else:
        grid, unknown = inputs.grid_of(found)
        objects = pairing.object_pages(paired.pairs, labels, grid)
        evaluation = figures.of_objects(objects.pages, objects.labels, grid)
        warnings += [*unknown, *objects.warnings()]
    return evaluation.with_warnings(warnings)


def _show(evaluation: Evaluation, *, as_json: bool) -> None:
    if as_json:
        terminal.print_json(evaluation.to_json())
        return
    for part in evaluation_view.shown(evaluation):
        terminal.out.print(terminal.plain(part) if isinstance(part, str) else part)
    for warning in evaluation.warnings:
        terminal.say(f"warning: {warning}")
