"""`tilescout evaluate`: how right results are, compared with ground truth."""

from __future__ import annotations

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import Json, Local, ProfileName, StackName, example
from tilescout_cli.evaluation.options import (
    AnnotatedPages,
    Anyway,
    Drawing,
    IsTextLayer,
    Labels,
    MaxFigures,
    MinFigures,
    ReportFolder,
    Results,
    Strict,
    TruthFiles,
)

OBJECTS = "tilescout evaluate objects out/plan --truth plan.coco.json --min recall=0.95"
TEXT = "tilescout evaluate text out/plan --truth plan.pdf --text-layer --max cer=0.02"
SNIPPETS = "tilescout evaluate snippets out/plan --truth tags.csv --out out/report"

app = command_app(
    help="Precision, recall and F1 of results against ground truth, with the worst misses.",
    epilog=example(OBJECTS),
)


@app.command("objects", epilog=example(OBJECTS))
def objects(
    results: Results,
    truth: TruthFiles,
    label: Labels = None,
    pages: AnnotatedPages = "",
    pdf: Drawing = None,
    out: ReportFolder = None,
    minimum: MinFigures = None,
    profile: ProfileName = None,
    local: Local = False,
    stack: StackName = None,
    strict: Strict = False,
    anyway: Anyway = False,
    as_json: Json = False,
) -> None:
    """Compare labelled boxes by their overlap: F1, mAP, by label, size and seam.

    Exit code 1: a figure is under its --min; 2: a file or an option cannot be used.
    """
    from tilescout_cli.evaluation import comparison, inputs
    from tilescout_cli.evaluation.limits import Limits

    limits = Limits.parsed(minimum or (), ())
    found = inputs.gather(results, profile, local=local, stack=stack)
    true_pages = comparison.truth_of(truth, found, text_layer=False, strict=strict)
    comparison.evaluate(
        comparison.Comparison(
            kind="objects", labels=tuple(label or ()), pages=pages, truth=truth, anyway=anyway
        ),
        found, true_pages, comparison.Report(out=out, pdf=pdf, as_json=as_json), limits,
    )  # fmt: skip


@app.command("text", epilog=example(TEXT))
def text(
    results: Results,
    truth: TruthFiles,
    text_layer: IsTextLayer = False,
    pages: AnnotatedPages = "",
    pdf: Drawing = None,
    out: ReportFolder = None,
    minimum: MinFigures = None,
    maximum: MaxFigures = None,
    local: Local = False,
    stack: StackName = None,
    strict: Strict = False,
    as_json: Json = False,
) -> None:
    """Compare words: recall, precision and the character error rate.

    Exit code 1: a figure is under its --min or over its --max; 2: a file or an option cannot be
    used.
    """
    from tilescout_cli.evaluation import comparison, inputs
    from tilescout_cli.evaluation.limits import Limits

    limits = Limits.parsed(minimum or (), maximum or ())
    found = inputs.gather(results, None, local=local, stack=stack)
    true_pages = comparison.truth_of(truth, found, text_layer=text_layer, strict=strict)
    comparison.evaluate(
        comparison.Comparison(kind="text", labels=(), pages=pages),
        found, true_pages, comparison.Report(out=out, pdf=pdf, as_json=as_json), limits,
    )  # fmt: skip


@app.command("snippets", epilog=example(SNIPPETS))
def snippets(
    results: Results,
    truth: TruthFiles,
    text_layer: IsTextLayer = False,
    label: Labels = None,
    pages: AnnotatedPages = "",
    pdf: Drawing = None,
    out: ReportFolder = None,
    minimum: MinFigures = None,
    local: Local = False,
    stack: StackName = None,
    strict: Strict = False,
    as_json: Json = False,
) -> None:
    """Compare tags by their exact text: precision, recall and F1 by label.

    Exit code 1: a figure is under its --min; 2: a file or an option cannot be used.
    """
    from tilescout_cli.evaluation import comparison, inputs
    from tilescout_cli.evaluation.limits import Limits

    limits = Limits.parsed(minimum or (), ())
    found = inputs.gather(results, None, local=local, stack=stack)
    true_pages = comparison.truth_of(truth, found, text_layer=text_layer, strict=strict)
    comparison.evaluate(
        comparison.Comparison(kind="snippets", labels=tuple(label or ()), pages=pages),
        found, true_pages, comparison.Report(out=out, pdf=pdf, as_json=as_json), limits,
    )  # fmt: skip
