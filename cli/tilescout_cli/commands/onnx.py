"""`tilescout onnx`: model files for profiles of detector onnx, from training to activation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tilescout.detectors.onnx.layout_choice import Layout
from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import Json, Local, StackName, example
from tilescout_cli.evaluation.options import Labels, MinFigures, ReportFolder

DataSet = Annotated[
    Path,
    typer.Argument(
        metavar="DIR", help="A data set of `tilescout dataset build`.", show_default=False
    ),
]
ModelFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="An ONNX file.", show_default=False)
]
Out = Annotated[
    Path, typer.Option("--out", metavar="FILE", help="The file to write.", show_default=False)
]
Start = Annotated[
    Path | None,
    typer.Option("--start", metavar="FILE", help="Continue from this model.", show_default=False),
]
Iterations = Annotated[
    int | None,
    typer.Option(
        "--iterations", min=1, help="The number of iterations.",
        show_default="1500, or 200 with --one-label",
    ),
]  # fmt: skip
OneLabel = Annotated[
    bool,
    typer.Option(
        "--one-label",
        help="Learn what a symbol is, whatever its label, starting from the shipped detector; "
        "`tilescout references make --detector` names what it finds.",
    ),
]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same file.")]
Threads = Annotated[int, typer.Option("--threads", min=1, help="Processor threads to use.")]
Device = Annotated[
    str, typer.Option("--device", help="cpu, cuda, or auto: a GPU where there is one.")
]
Project = Annotated[
    str | None,
    typer.Option(
        "--project",
        metavar="P",
        help="The model_project of a profile of detector onnx.",
        show_default="the only one",
    ),
]
VersionName = Annotated[
    str,
    typer.Option(
        "--name", metavar="V", help="The name of the version.", show_default="the file's"
    ),
]  # fmt: skip
ClassLabels = Annotated[
    str,
    typer.Option(
        "--labels",
        metavar="A,B,C",
        help="The labels of the classes, in their order; or a file with one per line.",
        show_default="those in the file",
    ),
]
LayoutName = Annotated[
    Layout | None,
    typer.Option(
        "--layout", help="The layout of the outputs.", show_default="what the file and a trial tell"
    ),
]
Truth = Annotated[
    list[Path] | None,
    typer.Option(
        "--truth", metavar="PATH", show_default=False,
        help="Compare with the active version on annotated pages, review:DOCUMENT or a data set; "
        "may be given several times.",
    ),
]  # fmt: skip
EvenIfWorse = Annotated[
    bool, typer.Option("--anyway", help="Activate a version that is worse than the active one.")
]
Mean = Annotated[
    str,
    typer.Option(
        "--mean",
        metavar="R,G,B",
        help="What is taken from the values of its input, 0 to 1; over 1 it is of values to 255.",
        show_default="preprocessor_config.json beside it, or those of the layout",
    ),
]
Deviation = Annotated[
    str,
    typer.Option(
        "--std",
        metavar="R,G,B",
        help="What the values are divided by after that.",
        show_default="as --mean",
    ),
]
app = command_app(
    help="Model files of your own for detector onnx: train, evaluate, check and activate them.",
    epilog=example("tilescout onnx check symbols.onnx"),
)


@app.command("train", epilog=example("tilescout onnx train out/set --out symbols.onnx"))
def train(
    folder: DataSet,
    out: Out,
    start: Start = None,
    iterations: Iterations = None,
    one_label: OneLabel = False,
    seed: Seed = 1,
    threads: Threads = 2,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Train a detector on this machine and write it to a file. Needs no AWS."""
    from tilescout_cli.training import local_training

    settings = local_training.Options(
        iterations=iterations or 0,
        seed=seed,
        threads=threads,
        device=device,
        one_label=one_label,
    )
    local_training.train_file(folder, out, settings, start, as_json=as_json)


@app.command("evaluate", epilog=example("tilescout onnx evaluate symbols.onnx out/set"))
def evaluate(
    model: ModelFile,
    folder: DataSet,
    label: Labels = None,
    out: ReportFolder = None,
    minimum: MinFigures = None,
    as_json: Json = False,
) -> None:
    """Show how right a model file is on the held-out tiles of a data set. Needs no AWS.

    Exit code 1: a figure is under its --min; 2: a file or an option cannot be used.
    """
    from tilescout_cli.evaluation import comparison
    from tilescout_cli.evaluation.limits import Limits

    limits = Limits.parsed(minimum or (), ())
    comparison.evaluate_model(model, folder, label or (), out, limits, as_json=as_json)


@app.command("check", epilog=example("tilescout onnx check symbols.onnx"))
def check(
    model: ModelFile,
    project: Project = None,
    labels: ClassLabels = "",
    layout: LayoutName = None,
    mean: Mean = "",
    std: Deviation = "",
    as_json: Json = False,
) -> None:
    """Load a model file, run it on an empty tile, and compare it with its profiles.

    Known are the project's own format, YOLOv5 to v12 and 26, YOLOX, DETR, RT-DETR, RF-DETR and
    D-FINE exports; docs/onnx.md has a table.
    """
    from tilescout_cli.promotion import onnx, view

    chosen, values = onnx.chosen_project(project), onnx.values_of(mean, std)
    checked = onnx.check_for(chosen, model, labels, layout, values)
    view.show_check(checked, as_json=as_json)


@app.command("promote", epilog=example("tilescout onnx promote symbols.onnx"))
def promote(
    model: ModelFile,
    project: Project = None,
    name: VersionName = "",
    labels: ClassLabels = "",
    layout: LayoutName = None,
    truth: Truth = None,
    anyway: EvenIfWorse = False,
    mean: Mean = "",
    std: Deviation = "",
    local: Local = False,
    stack: StackName = None,
    as_json: Json = False,
) -> None:
    """Check a model file, or one of learned examples, store it, and activate it.

    Runs use it from now on, and documents that waited for a model are queued. It is stored under a
    key that never changes; `tilescout model use` activates it again. A run that is at work ends
    with the version it began with. With --truth it is compared with the active version first, label
    by label, and refused where it is worse.

    Exit code 0: it is active; 1: it is worse than the active version; 2: the file or an option
    cannot be used; 3: the target cannot be reached.
    """
    from tilescout_cli.promotion import examples, onnx, view
    from tilescout_cli.promotion.version_trial import Trial
    from tilescout_cli.stack import cdk_profiles, target

    chosen = onnx.chosen_project(project)
    version = onnx.checked_name(name or model.stem)
    trial = Trial(tuple(truth or ()), anyway=anyway)
    if examples.is_of_examples(chosen):
        body = examples.read(model, cdk_profiles.onnx_projects()[chosen])
        deployed = target.find(local=local, stack=stack)
        tried = examples.compare(deployed, chosen, body, trial)
        view.show_trial(tried, anyway=anyway, as_json=as_json)
        active = examples.promote(deployed, chosen, version, body)
        view.show_activation(active, deployed, trial=tried, as_json=as_json)
        return
    checked = onnx.check_for(chosen, model, labels, layout, onnx.values_of(mean, std))
    deployed = target.find(local=local, stack=stack)
    tried = onnx.compare(deployed, chosen, checked, trial)
    view.show_trial(tried, anyway=anyway, as_json=as_json)
    used = onnx.promote(deployed, chosen, version, checked)
    view.show_activation(used, deployed, checked, tried, as_json=as_json)
