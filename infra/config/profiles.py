"""A profile as ``cdk.json`` writes it, with every rule it must keep."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

import regex
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from infra.config.errors import BrokenRule
from infra.config.schedule_expressions import HOURLY, check_expression
from tilescout.detector_kinds import (
    ALPHABET_NAMES,
    DEFAULT_ALPHABET,
    KINDS,
    AlphabetName,
    DetectorKind,
    DetectorName,
    may_have,
    names_with,
    with_numbers,
)

Ratio = Annotated[float, Field(ge=0, le=1)]
Confidence = Annotated[float, Field(ge=0, le=100)]

MIN_SECOND_SCALE, MAX_SECOND_SCALE = 0.02, 0.75
"""A smaller ratio leaves nothing of a page, a larger one shows what the tiles show already."""

REASONS = {
    "seconds_per_tile": "is paid by its seconds in Lambda",
    "examples": "searches by examples",
    "max_inference_units": "has a model to start",
    "tiles_per_second_per_unit": "has a model to start",
    "start_minutes": "has a model to start",
    "start_when": "has a model to start",
    "use_running_model": "has a model to start",
    "max_dpi": "has a dpi that lettering decides (dpi auto, or max_dpi)",
    "max_tiles_per_page": "has a dpi that lettering decides (dpi auto, or max_dpi)",
    "alphabet": "reads drawn characters",
}
"""Why a field suits only some detectors: what a message says of the detectors that may have it."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Find(_Strict):
    """A snippet to find in the stitched text."""

    label: Annotated[str, Field(min_length=1, max_length=100)]
    pattern: Annotated[str, Field(min_length=1, max_length=500)]
    max_edits: Annotated[int, Field(ge=0, le=3)] = 0
    lines: Annotated[int, Field(ge=1, le=4)] = 1
    correct: Literal["look-alikes", "none"] = "look-alikes"

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


SheetRegion = Literal["title-block", "legend", "notes", "revision-table", "outside"]
"""A part of a sheet that is no drawing."""


class StartWhen(_Strict):
    """The condition on which a start of the model is worth its price, whichever comes first."""

    tiles: Annotated[int, Field(ge=1)] = 1
    oldest_minutes: Annotated[int, Field(ge=0)] = 1440


class ProfileExample(_Strict):
    """A box round a symbol to find, or round a wrong find (``reject``), in points of the page.

    The box is left, top, right, bottom of the page as it is shown, from its top left.
    """

    pdf: Annotated[str, Field(min_length=1)]
    page: Annotated[int, Field(ge=1)] = 1
    box: tuple[float, float, float, float]
    label: Annotated[str, Field(max_length=100)] = ""
    reject: bool = False


class Profile(_Strict):
    """Settings of one profile; sizes in pixels at ``dpi``, money in US dollars."""

    detector: DetectorName
    dpi: Annotated[int, Field(ge=36, le=1200)]
    tile_size: int
    overlap: Annotated[int, Field(ge=0)]
    max_dpi: Annotated[int, Field(ge=0, le=1200)] = 0
    max_tiles_per_page: Annotated[int, Field(ge=1)] = 100
    colour: Literal["grey", "rgb"] = "grey"
    alphabet: AlphabetName = DEFAULT_ALPHABET
    second_scale: float | Literal["page"] = 0.0
    text_layer: Literal["off", "first"] = "off"
    find: tuple[Find, ...] = ()
    labels: tuple[str, ...] = ()
    min_confidence: dict[str, Confidence] = Field(default_factory=dict)
    include: tuple[Region, ...] = ()
    exclude: tuple[Region, ...] = ()
    exclude_regions: tuple[SheetRegion, ...] = ()
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
    reuse: bool = True
    examples: tuple[ProfileExample, ...] = ()
    schedule: str = ""
    default: bool = False

    @property
    def model(self) -> str:
        """The name of the lease: profiles of one model share its runs and its schedule."""
        return self.model_project or self.detector

    @property
    def kind(self) -> DetectorKind:
        return KINDS[self.detector]

    @property
    def needs_model(self) -> bool:
        return self.kind.needs_start

    @property
    def needs_version(self) -> bool:
        return self.kind.needs_version

    @property
    def schedule_expression(self) -> str:
        """The schedule as set; else hourly for a model that must be started, and on upload."""
        return check_expression(self.schedule or (HOURLY if self.needs_model else "on-upload"))

    @field_validator("schedule")
    @classmethod
    def _is_schedule(cls, schedule: str) -> str:
        check_expression(schedule)
        return schedule

    @model_validator(mode="before")
    @classmethod
    def _has_numbers(cls, written: object) -> object:
        return with_numbers(written) if isinstance(written, dict) else written

    @model_validator(mode="before")
    @classmethod
    def _names_regions(cls, written: object) -> object:
        """Takes the names of regions out of ``exclude``, where people write them."""
        if not isinstance(written, dict) or not isinstance(written.get("exclude"), list):
            return written
        names = [each for each in written["exclude"] if isinstance(each, str)]
        boxes = [each for each in written["exclude"] if not isinstance(each, str)]
        if not names:
            return written
        named = [*written.get("exclude_regions", ()), *names]
        return {**written, "exclude": boxes, "exclude_regions": named}

    @model_validator(mode="after")
    def _dpi_is_a_range(self) -> Self:
        if 0 < self.max_dpi <= self.dpi:
            raise BrokenRule(
                "max_dpi is more than dpi, or 0 for pages that are all rendered at dpi",
                f"it is {self.max_dpi}, and dpi is {self.dpi}",
                "raise max_dpi or remove it",
            )
        return self

    @model_validator(mode="after")
    def _tiles_fit(self) -> Self:
        smallest, largest = self.kind.tile_px
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
    def _names_its_model(self) -> Self:
        if self.needs_version != bool(self.model_project):
            raise BrokenRule(
                "model_project names the model of detector "
                f"{' or '.join(names_with('model_project'))}, only",
                f"detector is {self.detector} and model_project {self.model_project!r}",
                "set both or neither",
            )
        # The name is that of the lease: two kinds of work would share one.
        if self.model_project in KINDS:
            raise BrokenRule(
                "a model_project is not named like a detector",
                f"it is {self.model_project!r}",
                "give the project another name",
            )
        return self

    @model_validator(mode="after")
    def _has_no_field_of_other_detectors(self) -> Self:
        for reason in dict.fromkeys(REASONS.values()):
            fields = [name for name in REASONS if REASONS[name] == reason]
            unfit = [
                name
                for name in fields
                if name in self.model_fields_set and not may_have(self.kind, name)
            ]
            if unfit:
                raise BrokenRule(
                    f"only detector {' or '.join(names_with(unfit[0]))} {reason}",
                    f"detector is {self.detector}, and {', '.join(unfit)} is set",
                    "remove it",
                )
        return self

    @model_validator(mode="after")
    def _has_examples(self) -> Self:
        wanted = [example for example in self.examples if not example.reject]
        if self.kind.reads_strokes and not wanted:
            raise BrokenRule(
                f"detector {self.detector} needs an example that is no reject",
                f"examples has {len(self.examples)}, all rejects",
                "add one, or let `tilescout find-like --save-profile` write the profile",
            )
        return self

    @model_validator(mode="after")
    def _reads_what_is_looked_for(self) -> Self:
        finds_text = bool(self.find or self.text_layer == "first")
        if finds_text and not may_have(self.kind, "find"):
            raise BrokenRule(
                "find and text_layer need a detector that reads text",
                f"detector is {self.detector}",
                f"choose one of {', '.join(names_with('find'))}, or remove them",
            )
        if self.second_scale != 0 and not may_have(self.kind, "second_scale"):
            raise BrokenRule(
                "second_scale needs a detector that looks at pixels",
                f"detector is {self.detector}, which reads text of any size",
                "remove second_scale or choose another detector",
            )
        return self

    @field_validator("alphabet", mode="before")
    @classmethod
    def _is_an_alphabet(cls, alphabet: object) -> object:
        if alphabet in ALPHABET_NAMES:
            return alphabet
        raise BrokenRule(
            f"alphabet is one of {', '.join(ALPHABET_NAMES)}",
            f"it is {alphabet!r}",
            'choose one of them; "any" has every character that the reader knows',
        )

    @field_validator("second_scale", mode="before")
    @classmethod
    def _is_coarser(cls, second_scale: object) -> object:
        if second_scale == "page":
            return second_scale
        if isinstance(second_scale, int | float) and not isinstance(second_scale, bool):
            ratio = float(second_scale)
            if ratio == 0 or MIN_SECOND_SCALE <= ratio <= MAX_SECOND_SCALE:
                return ratio
        raise BrokenRule(
            f"second_scale is 0 (none), a ratio of the dpi from {MIN_SECOND_SCALE} to "
            f'{MAX_SECOND_SCALE}, or "page" (the whole page in one tile)',
            f"it is {second_scale!r}",
            "choose one of them",
        )

    @model_validator(mode="after")
    def _asks_low_enough(self) -> Self:
        """Requires a confidence for every label: a model is asked for the lowest of them."""
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
        """Returns the fields that functions read; schedule and default belong to the stack."""
        return {"name": name} | self.model_dump(
            mode="json", exclude={"schedule", "default", "examples"}
        )
