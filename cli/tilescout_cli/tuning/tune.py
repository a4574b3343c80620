"""Settings of a profile by their accuracy and their price, on annotated pages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import typer

from tilescout.errors import TilescoutError
from tilescout.intake.page_ranges import parse_pages
from tilescout_cli.console import terminal
from tilescout_cli.console.failures import BadUsage, CommandFailed
from tilescout_cli.console.progress_view import ProgressView
from tilescout_cli.documents import uploads
from tilescout_cli.stack import cdk_profiles
from tilescout_cli.tuning import run
from tilescout_cli.tuning import view as tuning_view
from tilescout_cli.tuning.detectors import Wanted
from tilescout_cli.tuning.view import Tuned
from tilescout_evaluate.truth.pages import Kind, UnusableTruth
from tilescout_tune import annotated_pages, trials
from tilescout_tune.annotated_pages import AnnotatedPages
from tilescout_tune.answer_cache import AnswerCache
from tilescout_tune.budgeted_detector import Budget
from tilescout_tune.candidates import Value
from tilescout_tune.preference import Preference
from tilescout_tune.scoring import Criterion
from tilescout_tune.search import Search
from tilescout_tune.search_space import UnusableSpace, build_search_space
from tilescout_tune.trials import Trials


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The pages to try settings on: PDFs, their ground truth, and the kind of what is compared."""

    kind: Kind
    pdfs: list[Path]
    truth: list[Path]
    text_layer: bool
    pages: str

    def annotated(self) -> AnnotatedPages:
        """Returns the annotated pages. Raises BadUsage, UnusableTruth."""
        files, _ = uploads.usable(self.pdfs)
        only = parse_pages(uploads.check_pages(self.pages))
        paths = [pdf.path for pdf in files]
        return annotated_pages.gather(
            paths, self.truth, self.kind, only, text_layer=self.text_layer
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """The means of the search: ``budget`` in US dollars, ``effort`` as a share of a full sweep."""

    model: Path | None
    local: bool
    budget: float
    effort: float
    cache: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """The profile to improve, the fields to vary as FIELD=A,B, and the recall to reach."""

    profile: str | None
    vary: list[str]
    min_recall: float


def tune(subject: Subject, means: Means, goal: Goal, out: Path | None, *, as_json: bool) -> None:
    """Searches for the best settings and prints what is known, also where it ended early.

    Raises BadUsage for files and options that cannot be used, CommandFailed where no setting
    reaches the recall or the budget ended the search.
    """
    profiles = cdk_profiles.read()
    base = profiles.named(goal.profile)
    try:
        whole = build_search_space(base, dict(map(_varied, goal.vary)))
        found = subject.annotated()
    except (UnusableSpace, UnusableTruth, TilescoutError) as error:
        raise BadUsage(str(error)) from error
    labels = trials.all_labels(found.pages)
    criterion = Criterion(kind=found.kind, labels=labels, min_recall=goal.min_recall)
    made = Trials(pages=found.pages, base=base, criterion=criterion, detectors={},
                  cache=AnswerCache(means.cache), prices=profiles.prices)  # fmt: skip
    search = Search(space=whole, pages=trials.order_by_objects(found.pages), measure=made.measure,
                    calls=made.calls, preference=Preference(goal.min_recall),
                    effort=means.effort)  # fmt: skip
    wanted = Wanted(names=whole.detectors or (base.detector,), base=base, model=means.model,
                    local=means.local, prices=profiles.prices,
                    budget=Budget(means.budget))  # fmt: skip
    with ProgressView() as view:
        ended = run.run(search, made, wanted, view, is_exhaustive=means.effort == 1)
    tuned = Tuned(search=search, profile=base.name, written=cdk_profiles.written(base.name),
                  asked=made.cache.calls_made, ended=ended)  # fmt: skip
    _show(tuned, out, as_json=as_json)
    _end(tuned)


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
        terminal.say("interrupted; answers are kept, the same command continues from there")
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
