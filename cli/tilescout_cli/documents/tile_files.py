"""JSON files of tiles and the boxes a detector found in them, from anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tilescout_cli.console.failures import BadUsage

Sides = tuple[float, float, float, float]
"""Left, top, right, bottom in px."""


class _Record(BaseModel):
    model_config = ConfigDict(allow_inf_nan=False)


class TileDetection(_Record):
    """One detection of a tile; the confidence may have any unit."""

    label: str
    confidence: float
    box: Sides


class TileOfFile(_Record):
    """A tile: its place on the page, page px to one px of its image, and what was found."""

    box: Sides
    scale: Annotated[float, Field(gt=0)] = 1.0
    detections: list[TileDetection] = []

    @model_validator(mode="after")
    def _has_an_area(self) -> TileOfFile:
        left, top, right, bottom = self.box
        if left >= right or top >= bottom:
            raise ValueError("a tile's box is left, top, right, bottom, and has an area")
        return self

    def on_page(self, box: Sides) -> Sides:
        """Returns a box that is in px of the tile's image in page px."""
        left, top = self.box[:2]
        return (
            left + self.scale * box[0],
            top + self.scale * box[1],
            left + self.scale * box[2],
            top + self.scale * box[3],
        )


class TileFile(_Record):
    """``boxes_in`` "tile": boxes are px of the tile's image, from its corner."""

    width: Annotated[float, Field(gt=0)]
    height: Annotated[float, Field(gt=0)]
    tiles: list[TileOfFile]
    boxes_in: Literal["page", "tile"] = "page"
    text_labels: list[str] = []


def read(path: Path) -> TileFile:
    """Returns the file. Raises BadUsage where it cannot be read or is not such a file."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadUsage(f"{path} cannot be read ({error.strerror}); give another file") from error
    except UnicodeDecodeError as error:
        raise BadUsage(f"{path} is not a text file; give JSON of tiles and boxes") from error
    try:
        return TileFile.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise BadUsage(
            f"{path}: {place}: {first['msg']}{more}; `tilescout merge --help` shows the format"
        ) from error
