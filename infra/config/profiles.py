"""A profile as ``cdk.json`` writes it, with every rule it must keep."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

import regex
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from infra.config.errors import BrokenRule
from infra.config.schedule_expressions import HOURLY, check_expression

Detector = Literal["custom-labels", "textract", "rekognition-text", "pdf-text", "onnx"]
Ratio = Annotated[float, Field(ge=0, le=1)]
Confidence = Annotated[float, Field(ge=0, le=100)]

SIDES: dict[Detector, tuple[int, int]] = {
    "custom-labels": (64, 4096),
    "textract": (50, 10_000),
    "rekognition-text": (80, 10_000),
    "pdf-text": (64, 10_000),
    "onnx": (64, 10_000),
}
"""The smallest and largest tile side in pixels that a detector's API takes."""

SMALLEST_RATIO, LARGEST_RATIO = 0.02, 0.75
"""Of second_scale: below, nothing is left of a page; above, it shows what the tiles show."""

READS_TEXT = ("textract", "rekognition-text", "pdf-text")
HAS_MODEL = ("custom-labels", "onnx")
"""Detectors of objects: a version of the model_project that a profile names is asked."""
OF_MODELS = (
    "max_inference_units",
    "tiles_per_second_per_unit",
    "start_minutes",
    "start_when",
    "use_running_model",
)
"""Fields that only a model which must be started has."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Find(_Strict):
    """A snippet to look for in the stitched text."""

    label: Annotated[str, Field(min_length=1, max_length=100)]
    pattern: Annotated[str, Field(min_length=1, max_length=500)]
    max_edits: Annotated[int, Field(ge=0, le=3)] = 0
    lines: Annotated[int, Field(ge=1, le=4)] = 1

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            compiled = regex.compile(pattern)
            # The functions put it in a group and allow edits of that group.
            regex.compile(f"(?:{pattern}){{e<=1}}")
        except regex.error as error:
            raise BrokenRule(
                f"a pattern is a regular expression ({error})", f"it is {pattern!r}", "correct it"
            ) from error
        if compiled.fullmatch(""):
            raise BrokenRule(
                "a pattern asks for at least one character",
                f"{pattern!r} matches empty text",
                "make one of its parts required",
            )
        return pattern


class Region(_Strict):
    """A part of the page as ratios 0 to 1 of its shown size."""

    left: Ratio
    top: Ratio
    right: Ratio
    bottom: Ratio

    @model_validator(mode="after")
    def _has_area(self) -> Self:
        if self.left >= self.right or self.top >= self.bottom:
            raise BrokenRule(
                "a region's left is less than its right and its top less than its bottom",
                f"it is {self.left}, {self.top}, {self.right}, {self.bottom}",
                "swap or widen them",
            )
        return self


class StartWhen(_Strict):
    """When a start of the model is worth its price, whichever comes first."""

    tiles: Annotated[int, Field(ge=1)] = 1
    oldest_minutes: Annotated[int, Field(ge=0)] = 1440


class Profile(_Strict):
    """Settings of one profile; sizes in pixels at ``dpi``, money in US dollars."""

    detector: Detector
    dpi: Annotated[int, Field(ge=36, le=1200)]
    tile_size: int
    overlap: Annotated[int, Field(ge=0)]
    colour: Literal["grey", "rgb"] = "grey"
    second_scale: float | Literal["page"] = 0.0
    text_layer: Literal["off", "first"] = "off"
    find: tuple[Find, ...] = ()
    labels: tuple[str, ...] = ()
    min_confidence: dict[str, Confidence] = Field(default_factory=dict)
    include: tuple[Region, ...] = ()
    exclude: tuple[Region, ...] = ()
    max_pages: Annotated[int, Field(ge=1, le=10_000)] = 10_000
    max_tiles_per_document: Annotated[int, Field(ge=1)] = 100_000
    budget_usd: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 25.0
    deadline_minutes: Annotated[int, Field(ge=1, le=600)] = 60
    model_project: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_.-]{0,255}$")] = ""
    max_inference_units: Annotated[int, Field(ge=1, le=5)] = 2
    tiles_per_second_per_unit: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    start_minutes: Annotated[int, Field(ge=5, le=120)] = 40
    start_when: StartWhen = StartWhen()
    use_running_model: bool = False
    seconds_per_tile: Annotated[float, Field(gt=0, le=30)] = 0.25
    schedule: str = ""
    default: bool = False

    @property
    def model(self) -> str:
        """Name of the lease: profiles of one model share its runs and its schedule."""
        return self.model_project or self.detector

    @property
    def needs_model(self) -> bool:
        return self.detector == "custom-labels"

    @property
    def needs_version(self) -> bool:
        return self.detector in HAS_MODEL

    @property
    def schedule_expression(self) -> str:
        """As set; else hourly where a model must be started, and on upload where none must."""
        return check_expression(self.schedule or (HOURLY if self.needs_model else "on-upload"))

    @field_validator("schedule")
    @classmethod
    def _is_schedule(cls, schedule: str) -> str:
        check_expression(schedule)
        return schedule

    @model_validator(mode="after")
    def _tiles_fit(self) -> Self:
        smallest, largest = SIDES[self.detector]
        if not smallest <= self.tile_size <= largest:
            raise BrokenRule(
                f"{self.detector} takes tiles of {smallest} to {largest} px",
                f"tile_size is {self.tile_size}",
                "change tile_size",
            )
        if self.overlap > self.tile_size // 2:
            raise BrokenRule(
                "overlap is at most half of tile_size",
                f"it is {self.overlap} of {self.tile_size}",
                "lower overlap or raise tile_size",
            )
        return self

    @model_validator(mode="after")
    def _suits_detector(self) -> Self:
        if self.needs_version != bool(self.model_project):
            raise BrokenRule(
                "model_project names the model of detector custom-labels or onnx, only",
                f"detector is {self.detector} and model_project {self.model_project!r}",
                "set both or neither",
            )
        if self.detector != "onnx" and "seconds_per_tile" in self.model_fields_set:
            raise BrokenRule(
                "only detector onnx is paid by its seconds in Lambda",
                f"detector is {self.detector}, and seconds_per_tile is set",
                "remove it",
            )
        reads_no_text = self.detector not in READS_TEXT
        if reads_no_text and (self.find or self.text_layer == "first"):
            raise BrokenRule(
                "find and text_layer need a detector that reads text",
                f"detector is {self.detector}",
                f"choose one of {', '.join(READS_TEXT)}, or remove them",
            )
        return self

    @field_validator("second_scale", mode="before")
    @classmethod
    def _is_coarser(cls, second_scale: object) -> object:
        if second_scale == "page":
            return second_scale
        if isinstance(second_scale, int | float) and not isinstance(second_scale, bool):
            ratio = float(second_scale)
            if ratio == 0 or SMALLEST_RATIO <= ratio <= LARGEST_RATIO:
                return ratio
        raise BrokenRule(
            f"second_scale is 0 (none), a ratio of the dpi from {SMALLEST_RATIO} to "
            f'{LARGEST_RATIO}, or "page" (the whole page in one tile)',
            f"it is {second_scale!r}",
            "choose one of them",
        )

    @model_validator(mode="after")
    def _has_pixels_to_shrink(self) -> Self:
        if self.second_scale != 0 and self.detector == "pdf-text":
            raise BrokenRule(
                "second_scale needs a detector that looks at pixels",
                "detector is pdf-text, which reads text of any size",
                "remove second_scale or choose another detector",
            )
        return self

    @model_validator(mode="after")
    def _suits_model(self) -> Self:
        extra = [name for name in OF_MODELS if name in self.model_fields_set]
        if extra and not self.needs_model:
            raise BrokenRule(
                "only detector custom-labels has a model to start",
                f"detector is {self.detector}, and {', '.join(extra)} is set",
                "remove it",
            )
        # The name is that of the lease: two kinds of work would share one.
        if self.model_project in SIDES:
            raise BrokenRule(
                "a model_project is not named like a detector",
                f"it is {self.model_project!r}",
                "give the project another name",
            )
        return self

    @model_validator(mode="after")
    def _asks_low_enough(self) -> Self:
        """A model is asked for no less than the lowest confidence that is set for any label."""
        if not self.needs_version or not self.min_confidence or "*" in self.min_confidence:
            return self
        without = [label for label in self.labels if label not in self.min_confidence]
        if not self.labels or without:
            raise BrokenRule(
                "min_confidence of a model names every label that is kept",
                f"it has none for {', '.join(without) or 'labels other than its own'}",
                'add "*" to it, for the rest',
            )
        return self

    def shipped(self, name: str) -> dict[str, Any]:
        """The fields that functions read; the schedule and the default belong to the stack."""
        return {"name": name} | self.model_dump(mode="json", exclude={"schedule", "default"})
