"""The output about a model that was checked or activated."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import typer
from rich.table import Table

from tilescout.detectors.onnx.cards import ModelInput
from tilescout.detectors.onnx.normalization import Normalization
from tilescout_cli.console import terminal
from tilescout_cli.console.terminal import counted, plain
from tilescout_cli.models.activation import Activation
from tilescout_cli.promotion import version_trial
from tilescout_cli.promotion.custom_labels import Promotion
from tilescout_cli.promotion.onnx import CheckedModel
from tilescout_cli.promotion.version_trial import TrialResult
from tilescout_cli.stack.target import Stack
from tilescout_evaluate.metrics.counts import Counts
from tilescout_evaluate.version_comparison import SIDES, LabelComparison

MAX_LABELS = 8


def show_promotion(promotion: Promotion, stack: Stack, *, as_json: bool) -> None:
    """Prints the active version, then what about it could be better."""
    if as_json:
        terminal.print_json(_promotion_members(promotion))
        return
    version = promotion.evaluation.version
    typer.echo(f"{_active(promotion.activation)}, F1 {version.f1:.3f}")
    for weak in promotion.weak:
        terminal.say(f"tilescout: {weak} is under the required F1; annotate more of it")
    for misfit in promotion.misfits:
        terminal.say(f"tilescout: {misfit}")
    if not promotion.profiles:
        terminal.say(
            f"tilescout: no profile of cdk.json has model_project {version.project!r}; name it in "
            "one, so that documents are processed with it"
        )
    _show_queued(promotion.activation, stack)


def _promotion_members(promotion: Promotion) -> dict[str, object]:
    version = promotion.evaluation.version
    return {
        "project": version.project,
        "version": version.name,
        "f1": version.f1,
        "weak": promotion.weak,
        "profiles": promotion.profiles,
        "misfits": promotion.misfits,
        **_activation_members(promotion.activation),
    }


def show_trial(result: TrialResult | None, *, anyway: bool, as_json: bool) -> None:
    """Prints how the active version and the new one find each label, if they were compared.

    Raises CommandFailed where the new one is worse and is not to be taken anyway.
    """
    if result is None:
        return
    if not as_json:
        _show_comparison(result)
    version_trial.refuse_worse(result, anyway=anyway)


def _show_comparison(result: TrialResult) -> None:
    """Prints a row per label: how well the active version and the new one find it."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("label", "objects", f"{plain(result.before)}: P, R, F1", "new: P, R, F1", ""):
        table.add_column(name, justify="left" if name in ("label", "") else "right")
    found = result.comparison
    for each in (*found.labels, found.total):
        table.add_row(
            plain(each.label), f"{each.before.objects:,}", _rates(each.before), _rates(each.after),
            _verdict(each),
        )  # fmt: skip
    terminal.out.print(table)
    before, after = found.other_labels
    if before or after:
        terminal.say(
            f"finds of labels that the truth does not have, such as unknown: {before:,} before, "
            f"{after:,} now"
        )


def _rates(counts: Counts) -> str:
    return f"{counts.precision:.3f} {counts.recall:.3f} {counts.f1:.3f}"


def _verdict(each: LabelComparison) -> str:
    if not each.change:
        return "same"
    return f"{'better' if each.is_better else 'worse'} by {abs(each.change):.3f}"


def _trial_members(result: TrialResult) -> dict[str, Any]:
    found = result.comparison
    return {
        "with": result.before,
        "pages": found.pages,
        "is_worse": found.is_worse,
        "labels": {
            each.label: {"before": each.before.to_json(), "after": each.after.to_json()}
            for each in (*found.labels, found.total)
        },
        "other_labels": dict(zip(SIDES, found.other_labels, strict=True)),
    }


def show_activation(
    activation: Activation,
    stack: Stack,
    checked: CheckedModel | None = None,
    trial: TrialResult | None = None,
    *,
    as_json: bool,
) -> None:
    """Prints the active version, the facts of the file that it was ``checked`` as, and in JSON how
    it compared."""
    _warn(checked)
    if as_json:
        facts = _facts(checked) if checked else {}
        told = {"comparison": _trial_members(trial)} if trial else {}
        terminal.print_json(_activation_members(activation) | facts | told)
        return
    already = activation.before == activation.model.version and checked is None
    typer.echo(f"{_active(activation)}{' already' * already}")
    if checked:
        typer.echo(_summary(checked))
    _show_queued(activation, stack)


def show_check(checked: CheckedModel, *, as_json: bool) -> None:
    """Prints that the file can be used, and its facts."""
    _warn(checked)
    if as_json:
        terminal.print_json(_facts(checked))
    else:
        typer.echo(f"it can be used: {_summary(checked)}")


def _warn(checked: CheckedModel | None) -> None:
    for warning in checked.warnings if checked else ():
        terminal.say(f"warning: {warning}")


def _active(activation: Activation) -> str:
    model, before = activation.model, activation.before
    instead = f" instead of {before}" if before not in ("", model.version) else ""
    return f"{model.project}: version {model.version} is active{instead}"


def _activation_members(activation: Activation) -> dict[str, Any]:
    return {
        "in_use": asdict(activation.model),
        "before": activation.before,
        "queued": activation.queued,
    }


def _show_queued(activation: Activation, stack: Stack) -> None:
    if activation.queued:
        command = f"tilescout start --model {activation.model.project} {stack.option}"
        typer.echo(f"{counted(activation.queued, 'document')} queued; `{command}` starts a run now")


def _facts(checked: CheckedModel) -> dict[str, Any]:
    return {
        "layout": checked.card.layout,
        "labels": list(checked.card.labels),
        "mean": list(checked.card.input.mean),
        "std": list(checked.card.input.deviation),
        "seconds_per_tile": round(checked.seconds, 4),
        "warnings": list(checked.warnings),
    }


def _summary(checked: CheckedModel) -> str:
    labels = checked.card.labels
    more = f" and {len(labels) - MAX_LABELS} more" if len(labels) > MAX_LABELS else ""
    named = ", ".join(labels[:MAX_LABELS]) + more
    return (
        f"{checked.card.layout}, {counted(len(labels), 'label')} ({named}),"
        f"{_values(checked.card.input)} "
        f"{checked.seconds:.2f} s per tile here"
    )


def _values(taken: ModelInput) -> str:
    """Returns what is taken from the values of an input, empty where nothing is."""
    if not taken.mean:
        return ""
    return f" values with {Normalization(taken.mean, taken.deviation)},"
