"""Results to evaluate: files of `detect` and `export`, documents, or all documents of a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tilescout.profiles import Profile
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.documents import lookup, queries, result_files
from tilescout_cli.stack import cdk_profiles, paths, target
from tilescout_cli.stack.target import Stack
from tilescout_evaluate.metrics.objects import Grid
from tilescout_evaluate.truth import results as truth_results
from tilescout_evaluate.truth.results import ResultDocument, UnusableResult

RESULT = "detections.json"


@dataclass(frozen=True, slots=True)
class Result:
    """A document's detections, and the profile that made them where it is known."""

    document: ResultDocument
    profile: Profile | None


def gather(
    names: list[str], profile: str | None, *, local: bool, stack: str | None
) -> list[Result]:
    """Returns the results of each name: a file, a folder of files, a document or a run.

    A stack is looked for only where a document or a run is named; ``profile`` overrides the one
    that the results name. Raises BadUsage.
    """
    results = [result for name in names for result in _named(name, local=local, stack=stack)]
    chosen = cdk_profiles.read().named(profile) if profile else None
    return [Result(each.document, chosen or each.profile) for each in results]


def _named(name: str, *, local: bool, stack: str | None) -> Iterator[Result]:
    path = Path(name)
    if path.is_dir():
        yield from map(_of_file, _in_folder(path))
    elif path.is_file() and path.suffix.lower() == ".json":
        yield _of_file(path)
    elif path.suffix.lower() == ".json":
        raise BadUsage(f"there is no file {path}; `tilescout detect` writes DIR/<name>/{RESULT}")
    else:
        yield from _of_stack(name, target.find(local=local, stack=stack))


def _in_folder(folder: Path) -> list[Path]:
    own = folder / RESULT
    files = [own] if own.is_file() else sorted(folder.glob(f"*/{RESULT}"))
    if not files:
        raise BadUsage(f"{folder} has no {RESULT} in it; give what --out of `detect` named")
    return files


def _of_file(path: Path) -> Result:
    document = _parsed(path.read_bytes(), str(path))
    if paths.configuration() is None:
        return Result(document, None)
    return Result(document, cdk_profiles.read().by_name.get(document.profile))


def _of_stack(name: str, stack: Stack) -> Iterator[Result]:
    run = next((row for row in lookup.runs(stack) if _is_run(row, name)), None)
    if run is None:
        documents = [queries.selected(stack, name)]
    else:
        every = lookup.every(stack)
        documents = [each for each in every if each.run_id == run["id"] and each.result_id]
    if not documents:
        raise BadUsage(f"the run {name} has no document with a result; see `tilescout status`")
    for document in documents:
        if document is not None:
            yield Result(_parsed(result_files.fetch(stack, document), document.key),
                         document.profile)  # fmt: skip


def _is_run(row: dict[str, object], name: str) -> bool:
    shortest = lookup.MIN_PREFIX_LENGTH
    return len(name) >= shortest and str(row["id"]).startswith(name)


def _parsed(body: bytes, name: str) -> ResultDocument:
    try:
        return truth_results.read(body, name)
    except UnusableResult as error:
        raise BadUsage(str(error)) from error


def grid_of(results: list[Result]) -> tuple[Grid | None, list[str]]:
    """Returns the tiles that all results were made with, or None and why they are not known."""
    grids = {_grid(each) for each in results}
    (grid,) = grids if len(grids) == 1 else (None,)
    if grid is not None:
        return grid, []
    return None, [
        "seams and sizes against tiles are left out: the profile of the results is not in cdk.json "
        "as it was, or differs between them; --profile names it"
    ]


def _grid(result: Result) -> Grid | None:
    profile = result.profile
    pages = result.document.pages.values()
    if profile is None or not all(profile.may_render_at(page.dpi) for page in pages):
        return None
    return Grid(profile.tile_size, profile.overlap)
