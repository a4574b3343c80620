"""Annotation files of any known format, told apart by their content."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, get_args

from tilescout_datasets.annotations import UnusableAnnotations
from tilescout_datasets.formats import coco, cvat, ground_truth, label_studio, pdf_annotations
from tilescout_datasets.formats.imported import Imported

Format = Literal["coco", "label-studio", "cvat", "pdf", "manifest"]
FORMATS: tuple[Format, ...] = get_args(Format)
HEAD_BYTES = 4096


def _coco(path: Path) -> Imported:
    return Imported(pages=tuple(coco.read_pages(path)))


def _manifest(path: Path) -> Imported:
    return Imported(pages=tuple(ground_truth.read_pages(path)))


READERS: dict[Format, Callable[[Path], Imported]] = {
    "coco": _coco,
    "label-studio": label_studio.read,
    "cvat": cvat.read,
    "pdf": pdf_annotations.read,
    "manifest": _manifest,
}


def read(paths: Sequence[Path], form: Format | None = None) -> Imported:
    """All pages of all files, and of all PDFs of a folder; ``form`` overrides what a file seems.

    Raises UnusableAnnotations.
    """
    files = [file for path in paths for file in _files(path)]
    found = [READERS[form or format_of(file)](file) for file in files]
    return Imported(
        pages=tuple(page for each in found for page in each.pages),
        notes=tuple(note for each in found for note in each.notes),
    )


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(path.glob("*.pdf"))
    if not files:
        raise UnusableAnnotations(
            f"a folder of annotations must hold PDFs; {path} holds none; name the file itself"
        )
    return files


def format_of(path: Path) -> Format:
    """What the content begins like. Raises UnusableAnnotations."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES).lstrip(b"\xef\xbb\xbf \r\n\t")
    except OSError as error:
        raise UnusableAnnotations(f"{path} cannot be read ({error.strerror})") from error
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(b"<"):
        return "cvat"
    if head.startswith(b"["):
        return "label-studio"
    if head.startswith(b"{"):
        first = head.splitlines()[0]
        return "manifest" if b'"source-ref"' in first else "coco"
    raise UnusableAnnotations(
        f"annotations must be of one of {', '.join(FORMATS)}; {path} begins like none; export it "
        "again, or name the format with --format"
    )
