"""Sets of references: made, shown, and their detector trained on pages that show them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import typer

from tilescout.detectors.references.named_model import NamedModel, Namer, open_model
from tilescout.detectors.references.reference_set import (
    UNKNOWN,
    ReferenceSet,
    with_references,
    without_references,
)
from tilescout.errors import TilescoutError
from tilescout.profiles import Profile
from tilescout.rendering.render import inspect_document
from tilescout_cli.console import terminal
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.documents import reviews
from tilescout_cli.stack import cdk_profiles
from tilescout_cli.training import data_sets, local_training
from tilescout_datasets.annotations import AnnotatedPage, Annotation, UnusableAnnotations
from tilescout_datasets.references import base_models, look_alikes, sources
from tilescout_datasets.references.look_alikes import AlikeClasses
from tilescout_datasets.references.sources import Reference
from tilescout_examples.legend import MAX_PAGES, legend_of

NEEDED = "onnxruntime"
LEGEND = "legend:"
"""The beginning of an argument that takes the symbols of a drawing's legend."""
TUNED_ITERATIONS, TUNED_RATE = 150, 1e-3
TUNED_WITH = 300
"""Classes of made glyphs that the comparing network goes on to tell from the references."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The settings of a set of references."""

    profile: str | None
    per_class: int
    min_likeness: float
    seed: int


@dataclass(frozen=True, slots=True)
class MadeSet:
    """A set that was made, the pairs of its classes that look alike, and the dpi that suits it."""

    references: ReferenceSet
    alike: list[AlikeClasses]
    best_dpi: int
    has_usual_size: bool

    def shown(self) -> dict[str, Any]:
        """Returns the members for JSON."""
        return {
            "classes": {
                name: self.references.names.count(name) for name in self.references.classes
            },
            "look_alikes": [
                {"one": e.one, "other": e.other, "likeness": e.likeness,
                 "cannot_be_told_apart": e.cannot_be_told_apart}
                for e in self.alike
            ],
            "dpi": self.references.dpi,
            "best_dpi": self.best_dpi,
            "has_usual_size": self.has_usual_size,
        }  # fmt: skip


@contextmanager
def _as_bad_usage() -> Iterator[None]:
    try:
        yield
    except (UnusableAnnotations, TilescoutError, OSError) as error:
        raise BadUsage(str(error)) from error


def make(
    given: list[Path], out: Path, detector: Path | None, wanted: Wanted, *, as_json: bool
) -> None:
    """Writes a detector with references, and says what is alike. Raises BadUsage."""
    check_installed()
    profile = cdk_profiles.read().named(wanted.profile)
    with _as_bad_usage(), reviews.as_files(given, "coco") as files:
        found = _gathered(files, profile, wanted)
        embedding = base_models.EMBEDDING.read_bytes()
        references = sources.as_set(
            found, profile.dpi, embedding, wanted.min_likeness,
            sizes_count=not any(_is_of_pictures(file) or _is_legend(file) for file in files),
        )  # fmt: skip
        body = with_references((detector or base_models.DETECTOR).read_bytes(), references)
        open_model(body)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(body)
    _tell(_judged(references), out, profile, as_json=as_json)


def _gathered(given: list[Path], profile: Profile, wanted: Wanted) -> list[Reference]:
    """References of folders of pictures, of legends, and of the boxes of everything else."""
    folders = [path for path in given if _is_of_pictures(path)]
    pictures = [each for folder in folders for each in sources.from_folder(folder)]
    legends = [path for path in given if _is_legend(path)]
    others = [path for path in given if path not in (*folders, *legends)]
    pages = [page for legend in legends for page in _legend_pages(legend)]
    if others:
        pages += data_sets.imported(others, None, strict=False).pages
    if not pages:
        return pictures
    _tell_unnamed(pages)
    named = [replace(page, annotations=_named(page)) for page in pages]
    return pictures + sources.from_pages(named, profile, wanted.per_class, wanted.seed)


def _is_legend(path: Path) -> bool:
    return str(path).startswith(LEGEND)


def _legend_pages(given: Path) -> Iterator[AnnotatedPage]:
    """Yields the pages of a file that have a legend, with its symbols as boxes in points."""
    file = Path(str(given).removeprefix(LEGEND))
    if not file.is_file():
        raise BadUsage(f"{file} does not exist; check the name")
    legend = legend_of(file)
    sizes = inspect_document(file, max_pages=MAX_PAGES).pages
    for number in sorted({each.page for each in legend.examples}):
        yield AnnotatedPage(
            path=file,
            page=number,
            width=sizes[number - 1].width_pt,
            height=sizes[number - 1].height_pt,
            annotations=tuple(
                Annotation(each.label, each.box) for each in legend.examples if each.page == number
            ),
        )


def _named(page: AnnotatedPage) -> tuple[Annotation, ...]:
    return tuple(each for each in page.annotations if each.label != UNKNOWN)


def _tell_unnamed(pages: Sequence[AnnotatedPage]) -> None:
    """Says how many boxes of a draft nobody gave a name."""
    count = sum(len(page.annotations) - len(_named(page)) for page in pages)
    if count:
        boxes, them = ("box is", "it") if count == 1 else ("boxes are", "them")
        terminal.say(
            f"{count:,} {boxes} labelled {UNKNOWN} and left out; name {them} in the viewer"
        )


def _is_of_pictures(path: Path) -> bool:
    """Tells if a folder holds pictures and nothing that annotates them."""
    if not path.is_dir():
        return False
    files = [file for file in path.rglob("*") if file.is_file() and file.name[0] != "."]
    return bool(files) and all(file.suffix.lower() in sources.PICTURES for file in files)


def _judged(references: ReferenceSet) -> MadeSet:
    alike = look_alikes.likeness_of_classes(references, Namer(references))
    side = float(np.median(np.sqrt(references.sizes.prod(axis=1))))
    return MadeSet(
        references,
        look_alikes.alike_classes(references, alike),
        base_models.best_dpi(side, references.dpi),
        base_models.has_usual_size(side),
    )


def _tell(made: MadeSet, out: Path, profile: Profile, *, as_json: bool) -> None:
    if as_json:
        terminal.print_json(made.shown())
        return
    for pair in made.alike:
        if pair.cannot_be_told_apart:
            terminal.say(
                f"{pair.one} and {pair.other} cannot be told apart by these pictures (likeness "
                f"{pair.likeness:.2f}): make them one class, or add pictures that differ"
            )
    if not made.has_usual_size:
        terminal.say(
            f"the symbols are far from the size that the detector knows: give profile "
            f"{profile.name} a dpi of {made.best_dpi}, it has {profile.dpi}"
        )
    names = made.references.names
    typer.echo(
        f"{terminal.counted(len(made.references.classes), 'class', 'classes')} by "
        f"{terminal.counted(len(names), 'picture')}: {out}"
    )


def opened(file: Path) -> tuple[bytes, NamedModel]:
    """Returns a set's file and its model. Raises BadUsage where it is none."""
    check_installed()
    with _as_bad_usage():
        body = file.read_bytes()
        model = open_model(body)
    if not isinstance(model, NamedModel):
        raise BadUsage(
            f"a set of references is a file of `tilescout references make`; {file} has none; make "
            "it from pictures or annotated pages"
        )
    return body, model


def draw(file: Path, out: Path, *, as_json: bool) -> None:
    """Draws the sheet of a set, and says which classes look alike."""
    _, model = opened(file)
    made = _judged(model.references)
    alike = look_alikes.likeness_of_classes(model.references, Namer(model.references))
    look_alikes.write_sheet(model.references, alike, out)
    if as_json:
        terminal.print_json(made.shown())
        return
    for pair in made.alike:
        typer.echo(f"{pair.likeness:.2f}  {pair.one}  {pair.other}")
    typer.echo(f"{terminal.counted(len(model.references.classes), 'class', 'classes')}: {out}")


def train(
    file: Path, out: Path, options: local_training.Options, pages: int, *, as_json: bool
) -> None:
    """Trains both networks of a set, on made pages that show its references and on these.

    Raises BadUsage.
    """
    body, model = opened(file)
    local_training.check_installed()
    from tilescout_train.made_data import pasted_dataset

    references = _as_references(model.references)
    detector, made = without_references(body, model.metadata), {}
    with tempfile.TemporaryDirectory() as folder, _as_bad_usage():
        if options.iterations:
            dataset = pasted_dataset(references, pages, Path(folder), options.seed)
            made = local_training.made(dataset, out, options, file)
            detector = out.read_bytes()
        embedding = _tuned_embedding(model.references, references, options)
        out.write_bytes(with_references(detector, replace(model.references, embedding=embedding)))
    if made:
        local_training.show(made, out, as_json=as_json)


def _tuned_embedding(
    before: ReferenceSet, references: list[Reference], options: local_training.Options
) -> bytes:
    """Trains the network that compares on the references themselves."""
    from tilescout_train.embedding import network, training

    settings = training.EmbeddingSettings(
        classes=TUNED_WITH, iterations=TUNED_ITERATIONS, learning_rate=TUNED_RATE,
        seed=options.seed, threads=options.threads,
    )  # fmt: skip
    return network.to_onnx(training.tuned(before.embedding, references, settings))


def _as_references(references: ReferenceSet) -> list[Reference]:
    return [
        Reference(name, ink, (float(wide), float(high)))
        for name, ink, (wide, high) in zip(
            references.names, references.ink, references.sizes, strict=True
        )
    ]


def check_installed() -> None:
    """Raises BadUsage where what runs a set is not installed."""
    if find_spec(NEEDED) is None:
        raise BadUsage(f"this needs {NEEDED}; install it: pip install 'tilescout[local]'")
