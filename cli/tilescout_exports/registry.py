"""All export formats by name. A new one is a module with FORMAT, and one line here."""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

from tilescout_exports.model import ExportFailed, ExportFormat


class Known(NamedTuple):
    """The module of a format in this package, and what people call the format."""

    module: str
    title: str


FORMATS = {
    "xlsx": Known("excel", "Excel"),
    "csv": Known("comma_separated", "CSV"),
    "json": Known("json_lines", "JSON"),
    "pdf": Known("pdf", "PDF annotations"),
    "html": Known("html", "HTML folder"),
    "coco": Known("coco", "COCO"),
    "yolo": Known("yolo", "YOLO"),
    "voc": Known("pascal_voc", "Pascal VOC"),
    "cvat": Known("cvat", "CVAT"),
    "label-studio": Known("label_studio", "Label Studio"),
    "geojson": Known("geojson", "GeoJSON"),
    "parquet": Known("parquet", "Parquet"),
}


def named(name: str) -> ExportFormat:
    """Returns the format; its module is imported only now, as some need a large library.

    Raises ExportFailed for an unknown name and where the library is not installed.
    """
    if name not in FORMATS:
        raise ExportFailed(f"a format is one of {', '.join(FORMATS)}; {name!r} is none of them")
    try:
        module = import_module(f"tilescout_exports.{FORMATS[name].module}")
    except ModuleNotFoundError as error:
        raise ExportFailed(
            f"{name} needs the package {error.name}; run `pip install -e '.[viewer]'`"
        ) from error
    found: ExportFormat = module.FORMAT
    return found
