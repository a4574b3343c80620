"""`tilescout promote`: a model file, or a version of a project, is what runs ask from now on."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from tilescout_cli.console import terminal
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.console.options import Json, Local, StackName, example
from tilescout_cli.console.terminal import counted
from tilescout_cli.models.activation import Used
from tilescout_cli.promotion import custom_labels, onnx, view
from tilescout_cli.promotion.custom_labels import LEAST_F1
from tilescout_cli.promotion.onnx import CheckedModel
from tilescout_cli.promotion.options import Check, Labels, MinF1, Model, Project, VersionName
from tilescout_cli.stack import cdk_profiles, target
from tilescout_cli.stack.target import Stack

NAME = re.compile(r"[a-zA-Z0-9_.-]{1,100}")


def register(app: typer.Typer) -> None:
    app.command(
        "promote", epilog=example("tilescout promote symbols.onnx --project sample-symbols-onnx")
    )(promote)


def promote(
    model: Model = None,
    project: Project = None,
    name: VersionName = "",
    labels: Labels = "",
    min_f1: MinF1 = None,
    check: Check = False,
    local: Local = False,
    stack: StackName = None,
    as_json: Json = False,
) -> None:
    """Put a model to use: the next run asks it, and documents that waited for one are queued.

    A file is loaded and run on an empty tile first, then stored under a key that never changes.
    Known are the project's own format, YOLOv5, v8 and v11, DETR and RT-DETR exports. Labels come
    from the file where it has them. A version of a Custom Labels project is put to use if it was
    right often enough on its test images. A run that is at work ends with the version it began
    with.

    Exit code 0: it is in use; 1: it is not good enough; 2: the file or an option cannot be used;
    3: the target cannot be reached.
    """
    chosen = _project(project)
    if model and _is_model_file(Path(model)):
        if min_f1 is not None:
            raise BadUsage(
                "--min-f1 goes with a version that Custom Labels trained; a file is measured by "
                "`tilescout evaluate FILE DIR`; leave it out"
            )
        version, checked = _checked(Path(model), chosen, name, labels)
        if check:
            _report_check(checked, as_json=as_json)
            return
        found = target.find(local=local, stack=stack)
        used = onnx.promote(found, chosen, version, checked)
        _report(found, used, as_json=as_json, more=_facts(checked))
        return
    if name or labels or check:
        raise BadUsage(f"--name, --labels and --check go with a file; {model!r} is none")
    found = target.find(local=local, stack=stack)
    if chosen not in cdk_profiles.onnx_projects():
        _promote_trained(found, chosen, model, min_f1, as_json=as_json)
        return
    if model is None or min_f1 is not None:
        raise BadUsage(f"{chosen} takes a file, or the name of one that was promoted; give it")
    used = onnx.use_again(found, chosen, model)
    _report(found, used, as_json=as_json, more={})


def _is_model_file(path: Path) -> bool:
    return path.suffix == ".onnx" or path.is_file()


def _checked(path: Path, project: str, name: str, labels: str) -> tuple[str, CheckedModel]:
    """The name of the version that the file is to be, and the file as every profile takes it."""
    profiles = cdk_profiles.onnx_projects()[_of_onnx(project)]
    version = _name(name or path.stem)
    checked = onnx.check(path, profiles, _labels(labels))
    _tell(checked)
    return version, checked


def _promote_trained(
    found: Stack, project: str, version: str | None, min_f1: float | None, *, as_json: bool
) -> None:
    least = LEAST_F1 if min_f1 is None else min_f1
    promotion = custom_labels.promote(found, project, version, least_f1=least)
    if as_json:
        terminal.print_json(view.as_json(promotion))
    else:
        view.show(promotion, found)


def _project(project: str | None) -> str:
    if project:
        return project
    known = sorted(cdk_profiles.onnx_projects())
    if len(known) == 1:
        return known[0]
    some = f"there are the projects {', '.join(known)}" if known else "no profile has one"
    raise BadUsage(f"{some}; name a model_project with --project")


def _of_onnx(project: str) -> str:
    known = cdk_profiles.onnx_projects()
    if project in known:
        return project
    if project in cdk_profiles.model_projects():
        raise BadUsage(
            f"{project} is a Custom Labels project, which takes no file; name one of its versions, "
            "or a project of detector onnx with --project"
        )
    raise BadUsage(
        f"no profile of detector onnx in cdk.json has the model_project {project!r}; there are "
        f"{', '.join(sorted(known)) or 'none'}; correct --project or add a profile"
    )


def _name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise BadUsage(
            f"a version has 1 to 100 letters, digits, points, hyphens and underscores; it is "
            f"{name!r}; give another with --name"
        )
    return name


def _labels(given: str) -> tuple[str, ...]:
    """Names after commas, or the lines of a file."""
    if not given:
        return ()
    listed = Path(given).read_text().splitlines() if _is_file(given) else given.split(",")
    labels = tuple(label.strip() for label in listed if label.strip())
    if len(set(labels)) != len(labels):
        raise BadUsage("labels differ from each other; --labels has one twice; correct it")
    return labels


def _is_file(given: str) -> bool:
    try:
        return Path(given).is_file()
    except OSError:
        # The names of many labels are longer than a file's may be.
        return False


def _tell(checked: CheckedModel) -> None:
    for warning in checked.warnings:
        terminal.say(f"warning: {warning}")


def _facts(checked: CheckedModel) -> dict[str, Any]:
    return {
        "layout": checked.card.layout,
        "labels": list(checked.card.labels),
        "seconds_per_tile": round(checked.seconds, 4),
        "warnings": list(checked.warnings),
    }


def _report_check(checked: CheckedModel, *, as_json: bool) -> None:
    if as_json:
        terminal.print_json(_facts(checked))
        return
    typer.echo(f"it can be used: {_summary(_facts(checked))}")


def _summary(facts: dict[str, Any]) -> str:
    labels = facts["labels"]
    named = ", ".join(labels[:8]) + (f" and {len(labels) - 8} more" if len(labels) > 8 else "")
    return (
        f"{facts['layout']}, {counted(len(labels), 'label')} ({named}), "
        f"{facts['seconds_per_tile']:.2f} s a tile here"
    )


def _report(stack: Stack, used: Used, *, as_json: bool, more: dict[str, Any]) -> None:
    model = used.model
    if as_json:
        terminal.print_json(
            {"in_use": asdict(model), "before": used.before, "queued": used.queued} | more
        )
        return
    if used.before == model.version:
        typer.echo(f"{model.project}: version {model.version} is in use")
    else:
        instead = f" instead of {used.before}" if used.before else ""
        typer.echo(f"{model.project}: version {model.version} is in use{instead}")
    if more:
        typer.echo(_summary(more))
    if used.queued:
        command = f"tilescout start --model {model.project} {stack.option}"
        typer.echo(f"{counted(used.queued, 'document')} queued; `{command}` starts a run now")
