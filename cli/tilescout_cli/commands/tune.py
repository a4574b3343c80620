"""`tilescout tune`: settings of a profile by their accuracy and their price, on annotated pages."""

from __future__ import annotations

from pathlib import Path

import typer

from tilescout.errors import TilescoutError
from tilescout.intake.page_ranges import parse_pages
from tilescout_cli.console import terminal
from tilescout_cli.console.failures import BadUsage, CommandFailed
from tilescout_cli.console.options import Json, Local, Pages, Pdfs, ProfileName, example
from tilescout_cli.console.progress_view import ProgressView
from tilescout_cli.documents import uploads
from tilescout_cli.evaluation.options import Compared
from tilescout_cli.stack import cdk_profiles
from tilescout_cli.tuning import run
from tilescout_cli.tuning import view as tuning_view
from tilescout_cli.tuning.detectors import Wanted
from tilescout_cli.tuning.options import (
    Budget,
    Cache,
    Effort,
    Exhaustive,
    IsOwnText,
    MinRecall,
    ModelFile,
    Out,
    TruthFiles,
    Vary,
)
from tilescout_cli.tuning.view import Tuned
from tilescout_evaluate.truth.pages import Kind, UnusableTruth
from tilescout_tune import annotated_pages, budgeted_detector, trials
from tilescout_tune.annotated_pages import AnnotatedPages
from tilescout_tune.answer_cache import AnswerCache
from tilescout_tune.candidates import Value
from tilescout_tune.preference import Preference
from tilescout_tune.scoring import Criterion
from tilescout_tune.search import DEFAULT_EFFORT, Search
from tilescout_tune.search_space import UnusableSpace, build_search_space
from tilescout_tune.trials import Trials

EXAMPLE = (
    "tilescout tune plan.pdf --truth plan.coco.json --profile symbols --local "
    "--vary dpi=100,150,200 --vary tile_size=512,1024"
)


def register(app: typer.Typer) -> None:
    app.command("tune", epilog=example(EXAMPLE))(tune)


def tune(
    pdfs: Pdfs,
    truth: TruthFiles = None,
    text_layer: IsOwnText = False,
    kind: Compared = None,
    profile: ProfileName = None,
    vary: Vary = None,
    min_recall: MinRecall = 0.0,
    model: ModelFile = None,
    local: Local = False,
    budget: Budget = 0.0,
    effort: Effort = DEFAULT_EFFORT,
    exhaustive: Exhaustive = False,
    cache: Cache = Path(".tilescout/tune"),
    out: Out = None,
    pages: Pages = "",
    as_json: Json = False,
) -> None:
    """Try settings of a profile on annotated pages: accuracy against cost, the profile to paste.

    Confidences are chosen for each label without a call. Tiles and answers are kept: trying again
    asks only for what is new. Ctrl-C tells what is known so far.

    Exit code 1: no setting reaches --min-recall, or the budget ended the search; 2: a file or an
    option cannot be used; 130: interrupted.
    """  # fmt: skip
    profiles = cdk_profiles.read()
    base = profiles.named(profile)
    try:
        whole = build_search_space(base, dict(map(_varied, vary or ())))
        found = _annotated(pdfs, truth or [], kind, pages, text_layer=text_layer)
    except (UnusableSpace, UnusableTruth, TilescoutError) as error:
        raise BadUsage(str(error)) from error
    criterion = Criterion(
        kind=found.kind, labels=trials.all_labels(found.pages), min_recall=min_recall
    )
    made = Trials(pages=found.pages, base=base, criterion=criterion, detectors={},
                  cache=AnswerCache(cache), prices=profiles.prices)  # fmt: skip
    search = Search(space=whole, pages=trials.order_by_objects(found.pages), measure=made.measure,
                    calls=made.calls, preference=Preference(min_recall), effort=effort)  # fmt: skip
    wanted = Wanted(names=whole.detectors or (base.detector,), base=base, model=model, local=local,
                    prices=profiles.prices, budget=budgeted_detector.Budget(budget))  # fmt: skip
    with ProgressView() as view:
        ended = run.run(search, made, wanted, view, is_exhaustive=exhaustive)
    tuned = Tuned(search=search, profile=base.name, written=cdk_profiles.written(base.name),
                  asked=made.cache.calls_made, ended=ended)  # fmt: skip
    _show(tuned, out, as_json=as_json)
    _end(tuned)


def _annotated(
    pdfs: list[Path], truth: list[Path], kind: Kind | None, pages: str, *, text_layer: bool
) -> AnnotatedPages:
    files, _ = uploads.usable(pdfs)
    only = parse_pages(uploads.check_pages(pages))
    return annotated_pages.gather(
        [pdf.path for pdf in files], truth, kind, only, text_layer=text_layer
    )


def _varied(text: str) -> tuple[str, list[Value]]:
    name, _, values = text.partition("=")
    if not values:
        raise BadUsage(f"--vary takes FIELD=A,B such as dpi=100,150; received {text!r}")
    return name, [_value(each.strip()) for each in values.split(",")]


def _value(text: str) -> Value:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _show(tuned: Tuned, out: Path | None, *, as_json: bool) -> None:
    if not tuned.search.scores:
        return
    if out:
        written = tuning_view.write(tuned, out)
        terminal.say(f"written: {', '.join(map(str, written))}")
    if as_json:
        terminal.print_json(tuned.shown())
        return
    terminal.out.print(tuning_view.table(tuned))
    typer.echo("> chosen, * nothing cheaper is as accurate; for cdk.json:")
    terminal.print_json(tuned.pasted())


def _end(tuned: Tuned) -> None:
    if tuned.ended == run.INTERRUPTED:
        terminal.say("interrupted; what was answered is kept, the same command goes on from there")
        raise typer.Exit(130)
    if tuned.ended:
        raise CommandFailed(tuned.ended)
    wanted, best = tuned.search.preference.min_recall, tuned.search.best()
    if len(best.pages) < len(tuned.search.pages):
        terminal.say(
            f"the effort was spent before the chosen setting was tried on more than "
            f"{terminal.counted(len(best.pages), 'page')} of {len(tuned.search.pages)}; raise "
            "--effort to be surer"
        )
    if best.recall < wanted:
        raise CommandFailed(
            f"no setting that was tried reaches --min-recall {wanted:g}; the best has "
            f"{best.recall:.4f}: vary more, or annotate what is missing"
        )
