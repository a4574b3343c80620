"""Annotation files of any known format, told apart by their content."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args
from xml.etree.ElementTree import Element

from tilescout_datasets.annotations import UnusableAnnotations
from tilescout_datasets.formats import (
    coco_pages,
    cvat,
    ground_truth,
    json_lines,
    label_studio,
    labelme,
    page_files,
    pascal_voc,
    pdf_annotations,
    text_files,
    yolo,
)
from tilescout_datasets.formats.import_pages import Imported, import_pages
from tilescout_datasets.formats.records import MALFORMED, LeftOut, PageRecord, Record

Format = Literal["coco", "label-studio", "cvat", "pdf", "manifest", "yolo", "voc", "labelme",
                 "azure", "google"]  # fmt: skip
FORMATS: tuple[Format, ...] = get_args(Format)
Reader = Callable[[Path, Any], Iterator[Record]]
MARKS = {"source-ref": "manifest", json_lines.GOOGLE_MEMBER: "google", "shapes": "labelme",
         "images": "coco"} | dict.fromkeys(json_lines.AZURE_MEMBERS, "azure")  # fmt: skip
"""Members of a JSON object by which its format is known, the surest first."""
ANNOTATION_ENDINGS = (".json", ".jsonl", ".manifest", ".xml", ".ndjson")


@dataclass(frozen=True, slots=True)
class _Kind:
    """A format: what its files are, for messages, and how they are read."""

    description: str
    read: Reader


KINDS: dict[Format, _Kind] = {
    "coco": _Kind("COCO JSON", lambda path, value: coco_pages.records(value)),
    "label-studio": _Kind(
        "a JSON list of Label Studio's tasks", lambda path, value: label_studio.records(value)
    ),
    "cvat": _Kind("XML of CVAT", lambda path, value: cvat.records(value)),
    "pdf": _Kind("a PDF with annotations", lambda path, value: pdf_annotations.records(path)),
    "manifest": _Kind(
        "a Ground Truth manifest of object detection, one JSON object per line",
        lambda path, value: ground_truth.records(_listed(value)),
    ),
    "yolo": _Kind("the names of a YOLO data set", lambda path, value: yolo.records(path)),
    "voc": _Kind("XML of Pascal VOC", lambda path, value: pascal_voc.records(value, path)),
    "labelme": _Kind("JSON of labelme", lambda path, value: labelme.records(value, path)),
    "azure": _Kind(
        "JSON Lines of Azure", lambda path, value: json_lines.azure_records(_listed(value))
    ),
    "google": _Kind(
        "JSON Lines of Vertex AI", lambda path, value: json_lines.google_records(_listed(value))
    ),
}


def read(
    paths: Sequence[Path], form: Format | None = None, *, needs_files: bool = True
) -> Imported:
    """Returns the pages of all files and folders; ``form`` overrides what a file seems to be.

    A page whose file is nowhere is left out, or kept where not ``needs_files``. Raises
    UnusableAnnotations where no page is left.
    """
    files = [file for path in paths for file in _files(path)]
    imported = import_pages(_records(files, form), needs_files=needs_files)
    if imported.pages:
        return imported
    kinds = {form or format_of(file) for file in files[:1]}
    (kind,) = kinds or {"coco"}
    raise UnusableAnnotations(
        f"{files[0] if len(files) == 1 else 'one of the files'} must be "
        f"{KINDS[kind].description} with a page that can be used: "
        f"{'; '.join(imported.notes) or 'it has none'}; export it again"
    )


def _records(files: Sequence[Path], form: Format | None) -> Iterator[tuple[Path, Record]]:
    """Yields the records of all files; an unreadable one refuses all only where it is alone."""
    for file in files:
        try:
            yield from ((file, record) for record in _of_file(file, form))
        except UnusableAnnotations as error:
            if len(files) == 1:
                raise
            reason = LeftOut("a file that cannot be read", f"{error}")
            yield file, PageRecord(place=file.name, left_out=reason)


def _of_file(path: Path, form: Format | None) -> Iterator[Record]:
    value, seems = _parsed(path)
    kind = KINDS[form or seems]
    try:
        yield from kind.read(path, value)
    except MALFORMED as error:
        raise UnusableAnnotations(
            f"{path} must be {kind.description} ({error!r}); export it again, or name the format "
            "with --format"
        ) from error


def _listed(value: Any) -> list[Any]:
    """Returns the value as a list: JSON Lines of one line are one object."""
    return value if isinstance(value, list) else [value]


def _files(path: Path) -> list[Path]:
    """The file, or those of a folder: a YOLO data set, else annotation files, else PDFs."""
    if not path.is_dir():
        return [path]
    if names := yolo.names_file(path):
        return [names]
    pdfs = sorted(path.glob("*.pdf"))
    if pdfs:
        return pdfs
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in ANNOTATION_ENDINGS)
    if not files:
        raise UnusableAnnotations(
            f"a folder of annotations must hold PDFs, a YOLO data set or annotation files; {path} "
            "holds none; name the file itself"
        )
    return files


def format_of(path: Path) -> Format:
    """Returns what the content is like. Raises UnusableAnnotations."""
    return _parsed(path)[1]


def _parsed(path: Path) -> tuple[Any, Format]:
    """The content, None for a PDF, and its format. Raises UnusableAnnotations."""
    try:
        if page_files.is_pdf(path):
            return None, "pdf"
    except OSError as error:
        raise UnusableAnnotations(
            f"{path} cannot be read ({error.strerror}); name a file that is there"
        ) from error
    if path.name in yolo.NAME_FILES or path.suffix.lower() in (".yaml", ".yml", ".names"):
        return None, "yolo"
    text = text_files.text_of(path).lstrip("\ufeff \r\n\t")
    if text.startswith("<"):
        return _of_xml(text, path)
    if text.startswith(("{", "[")):
        return _of_json(text, path)
    raise UnusableAnnotations(
        f"annotations must be of one of {', '.join(FORMATS)}; {path} begins like none; export it "
        "again, or name the format with --format"
    )


def _of_xml(text: str, path: Path) -> tuple[Element, Format]:
    try:
        root = text_files.parsed_xml(text)
    except ValueError as error:
        raise UnusableAnnotations(
            f"{path} must be XML of CVAT or Pascal VOC ({error}); export it again"
        ) from error
    return root, "voc" if root.tag == "annotation" else "cvat"


def _of_json(text: str, path: Path) -> tuple[Any, Format]:
    try:
        value = text_files.parsed_json(text)
    except ValueError as error:
        raise UnusableAnnotations(
            f"{path} must be JSON or JSON Lines ({error}); export it again"
        ) from error
    if isinstance(value, list) and text.startswith("["):
        return value, "label-studio"
    rows = [row for row in _listed(value) if isinstance(row, dict)]
    found = (form for mark, form in MARKS.items() if any(mark in row for row in rows[:50]))
    form: Any = next(found, "coco")
    return value, form
