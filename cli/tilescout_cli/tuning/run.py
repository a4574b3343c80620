"""The search of `tilescout tune`: what it may cost, its progress, and how it ends early."""

from __future__ import annotations

from dataclasses import replace

from botocore.exceptions import ClientError

from tilescout.detector_kinds import KINDS
from tilescout.errors import TilescoutError
from tilescout_cli.console import terminal
from tilescout_cli.console.failures import BadUsage, CommandFailed
from tilescout_cli.console.progress_view import ProgressView
from tilescout_cli.console.terminal import dollars
from tilescout_cli.tuning import detectors as tuning_detectors
from tilescout_cli.tuning.detectors import Wanted
from tilescout_tune.budgeted_detector import BudgetExceeded
from tilescout_tune.candidates import Candidate
from tilescout_tune.preference import Score
from tilescout_tune.search import Search
from tilescout_tune.trials import Trials

INTERRUPTED = "interrupted"


def _say_price(view: ProgressView, search: Search, wanted: Wanted, most_calls: int) -> None:
    """Prints what the search may cost. Raises BadUsage where nothing may be paid."""
    settings, pages = len(search.space.candidates), terminal.counted(len(search.pages), "page")
    view.tell(
        f"{settings} settings on {pages}: {search.exhaustive_calls():,} calls in a full sweep, at "
        f"most {most_calls:,} are made"
    )
    prices = [wanted.prices.call(name) for name in KINDS if name in wanted.names]
    most = max(prices, default=0.0) * most_calls
    if wanted.local or not most:
        return
    view.tell(
        f"AWS may charge up to {dollars(most)}; --budget is {dollars(wanted.budget.limit_usd)}"
    )
    if not wanted.budget.limit_usd:
        raise BadUsage(
            f"these calls cost up to {dollars(most)} on AWS; allow it by --budget, or take the "
            "engines of this machine by --local"
        )


def run(
    search: Search, made: Trials, wanted: Wanted, view: ProgressView, *, is_exhaustive: bool
) -> str:
    """Returns why it ended early, or nothing; what is known until then is in the search.

    Says first what it may cost. Raises BadUsage where nothing may be paid.
    """
    calls = search.exhaustive_calls() if is_exhaustive else search.allowed_calls()
    _say_price(view, search, wanted, calls)
    try:
        with tuning_detectors.opened(wanted, view.step) as detectors:
            trying = replace(made, detectors=detectors)

            def measure(candidate: Candidate, pages: tuple[int, ...]) -> Score:
                topic = f"trying {candidate} on {terminal.counted(len(pages), 'page')}"
                made.cache.on_call = lambda: view.step(
                    topic, f"{made.cache.calls_made:,} calls made"
                )
                view.step(topic, f"{made.cache.calls_made:,} calls made")
                return trying.measure(candidate, pages)

            search.measure = measure
            if is_exhaustive:
                search.exhaustive()
            else:
                search.run()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BudgetExceeded as reason:
        return str(reason)
    except (TilescoutError, ClientError) as error:
        raise CommandFailed(
            f"{error}; answers are kept in {made.cache.folder}, try again"
        ) from error
    return ""
