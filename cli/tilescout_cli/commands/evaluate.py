"""`tilescout evaluate`: how right results are against ground truth, or a model on its test part."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from tilescout.errors import TilescoutError
from tilescout.intake.page_ranges import parse_pages
from tilescout_cli.console import terminal
from tilescout_cli.console.failures import BadUsage, CommandFailed
from tilescout_cli.console.options import (
    Json,
    Local,
    ProfileName,
    ProjectName,
    StackName,
    VersionName,
    example,
)
from tilescout_cli.console.progress_view import ProgressView
from tilescout_cli.documents import uploads
from tilescout_cli.evaluation import inputs, model_file, reading_view, truth_placement
from tilescout_cli.evaluation import view as evaluation_view
from tilescout_cli.evaluation.inputs import Result
from tilescout_cli.evaluation.limits import Limits
from tilescout_cli.evaluation.options import (
    AnnotatedPages,
    Compared,
    Drawing,
    IsOwnText,
    Labels,
    MaxCer,
    MinF1,
    MinMap,
    MinPrecision,
    MinRecall,
    ReportFolder,
    Results,
    TruthFiles,
)
from tilescout_cli.evaluation.reading_view import Anyway, Strict
from tilescout_cli.stack import target
from tilescout_cli.training import view as training_view
from tilescout_evaluate import pairing
from tilescout_evaluate.metrics.coco_precision import NotInstalled
from tilescout_evaluate.pairing import Pair, Paired
from tilescout_evaluate.report import figures
from tilescout_evaluate.report.figures import Evaluation
from tilescout_evaluate.report.html import write_report
from tilescout_evaluate.truth import files as truth_files
from tilescout_evaluate.truth.pages import Kind, TruePage, UnusableTruth

EXAMPLES = (
    "tilescout evaluate out/plan/detections.json --truth plan.coco.json --out out/report "
    "--min-recall 0.95; or tilescout evaluate model.onnx out/set"
)


def register(app: typer.Typer) -> None:
    app.command("evaluate", epilog=example(EXAMPLES))(evaluate)


def evaluate(
    what: Results = None,
    truth: TruthFiles = None,
    kind: Compared = None,
    text_layer: IsOwnText = False,
    label: Labels = None,
    pages: AnnotatedPages = "",
    pdf: Drawing = None,
    out: ReportFolder = None,
    min_f1: MinF1 = None,
    min_recall: MinRecall = None,
    min_precision: MinPrecision = None,
    min_map: MinMap = None,
    max_cer: MaxCer = None,
    profile: ProfileName = None,
    project: ProjectName = None,
    version: VersionName = None,
    local: Local = False,
    stack: StackName = None,
    strict: Strict = False,
    anyway: Anyway = False,
    as_json: Json = False,
) -> None:
    """Tell precision, recall and F1 of results against ground truth, and show the worst misses.

    With --project it tells how right a trained version of a Custom Labels project was on its test
    images, by label.

    Exit code 1: a figure is under its --min or over its --max; 2: a file or an option cannot be
    used.
    """  # fmt: skip
    limits = Limits(min_f1=min_f1, min_recall=min_recall, min_precision=min_precision,
                    min_map=min_map, max_cer=max_cer)  # fmt: skip
    if project:
        if what or truth:
            raise BadUsage("--project evaluates a version by its training; leave out the files")
        found_stack = target.find(local=local, stack=stack)
        training_view.evaluate(found_stack, project, version, min_f1, as_json=as_json)
        return
    if not what:
        raise BadUsage("name results, a model and its data set, or a version with --project")
    if Path(what[0]).suffix.lower() == model_file.ENDING:
        if truth or kind or text_layer or pages or pdf:
            raise BadUsage("the data set of a model is its truth; leave out other truth and PDFs")
        _model(what, label or (), out, limits, as_json=as_json)
        return
    if not truth:
        raise BadUsage("ground truth is needed; give --truth FILE, such as COCO JSON or a PDF")
    found = inputs.gather(what, profile, lambda: target.find(local=local, stack=stack))
    try:
        chosen, true_pages = _truth(truth, found, kind, text_layer=text_layer, strict=strict)
        paired = pairing.paired([each.document for each in found], true_pages, _only(pages))
        if chosen == "objects":
            truth_placement.check(paired.pairs, truth, out, anyway=anyway)
        evaluation = _evaluated(chosen, paired, found, tuple(label or ()))
    except (UnusableTruth, NotInstalled, TilescoutError) as error:
        raise BadUsage(str(error)) from error
    _report(evaluation, paired.pairs, out, pdf, as_json=as_json)
    limits.check(evaluation.figures)


def _model(
    what: list[str], labels: Sequence[str], out: Path | None, limits: Limits, *, as_json: bool
) -> None:
    if len(what) != 2:
        raise BadUsage("a model is evaluated on a data set: tilescout evaluate MODEL.onnx DIR")
    try:
        with ProgressView() as view:
            found = model_file.evaluate(
                Path(what[0]),
                Path(what[1]),
                labels,
                lambda done, of: view.step("asking the model", f"tile {done} of {of}"),
            )
    except NotInstalled as error:
        raise BadUsage(str(error)) from error
    _report(found.evaluation, found.pairs, out, None, as_json=as_json)
    limits.check(found.evaluation.figures)


def _report(
    found: Evaluation, pairs: Sequence[Pair], out: Path | None, pdf: Path | None, *, as_json: bool
) -> None:
    """As files, where they are wanted, and on the console."""
    try:
        if out:
            terminal.say(f"report: {write_report(out, found, pairs, pdf)}")
    except OSError as error:
        raise CommandFailed(f"{out} cannot be written ({error.strerror}); give another") from error
    _show(found, as_json=as_json)


def _only(pages: str) -> frozenset[int] | None:
    named = parse_pages(uploads.check_pages(pages))
    return frozenset(range(named[0], named[1] + 1)) if named else None


def _truth(
    files: list[Path],
    found: list[Result],
    kind: Kind | None,
    *,
    text_layer: bool,
    strict: bool,
) -> tuple[Kind, list[TruePage]]:
    numbers = {number for each in found for number in each.document.pages}
    read = [truth_files.read(path, numbers, text_layer=text_layer) for path in files]
    for each in read:
        if each.table:
            reading_view.tell(each.table, strict=strict)
    kinds = {each.kind for each in read}
    if kind is None and len(kinds) > 1:
        raise BadUsage(f"the files of truth are of {' and '.join(sorted(kinds))}; choose by --as")
    return kind or read[0].kind, [page for each in read for page in each.pages]


def _evaluated(
    kind: Kind, paired: Paired, found: list[Result], labels: tuple[str, ...]
) -> Evaluation:
    warnings = list(paired.warnings)
    warnings += [f"{each.document.file} is {each.document.status}, not DONE" for each in found
                 if each.document.status != "DONE"]  # fmt: skip
    if kind == "text":
        evaluation = figures.of_text(pairing.text_pages(paired.pairs))
    elif kind == "snippets":
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
