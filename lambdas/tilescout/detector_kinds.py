"""The table of detectors: one row per kind, which everything else reads and nothing repeats.

This module imports the standard library only, so that the synthesis of the stack can read it
without the packages of the functions. Prices are list prices of us-east-1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

DetectorName = Literal[
    "custom-labels", "textract", "rekognition-text", "pdf-text", "onnx", "example"
]
BY_EXAMPLE: DetectorName = "example"
"""The detector of profiles that `tilescout find-like` writes."""

AlphabetName = Literal["latin", "greek", "chinese", "japanese", "any"]
"""The characters that a reader of drawn text may answer. Latin letters, digits and the signs of
drawings are in each; "any" are all that the reader knows."""
ALPHABET_NAMES: tuple[AlphabetName, ...] = get_args(AlphabetName)
DEFAULT_ALPHABET: AlphabetName = "latin"

Finds = Literal["text", "objects"]
Model = Literal["none", "started", "file"]
"""The model of the user that a detector needs: none, a version that must be started and is paid by
the hour, or a version whose file its function loads."""
Function = Literal["", "detect_tile", "detect_onnx"]
"""The function that sends a tile to the detector; empty where no tile is sent."""

CUSTOM_LABELS_UNIT_HOUR = 4.0
"""US dollars per inference unit and hour while a version of a Custom Labels model is up."""

REKOGNITION_QUOTAS = "https://docs.aws.amazon.com/general/latest/gr/rekognition.html"
TEXTRACT_QUOTAS = "https://docs.aws.amazon.com/general/latest/gr/textract.html"
"""The pages on which AWS publishes the default quotas by region; read in November 2026."""

AUTO_DPI = {"dpi": 200, "max_dpi": 400}
"""The meaning of ``dpi`` "auto" in a profile that does not say more."""

_OF_TEXT = ("find", "text_layer")
_OF_DRAWN_TEXT = (*_OF_TEXT, "second_scale", "max_dpi", "max_tiles_per_page", "alphabet")
_OF_STARTED_MODELS = (
    "max_inference_units",
    "tiles_per_second_per_unit",
    "start_minutes",
    "start_when",
    "use_running_model",
)


@dataclass(frozen=True, slots=True)
class CallPrice:
    """The list price of one call, in US dollars, under the name that ``prices`` has for it."""

    name: str
    usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQuota:
    """The calls per second that one account may make to a service by default.

    ``by_region`` has the regions that differ from ``elsewhere``. ``code`` is the quota's in
    Service Quotas, ``source`` the page of AWS that the figures are from.
    """

    code: str
    elsewhere: float
    source: str
    by_region: Mapping[str, float] = field(default_factory=dict)

    def in_region(self, region: str) -> float:
        """Returns the default calls per second of an account in the region."""
        return self.by_region.get(region, self.elsewhere)


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorKind:
    """The facts about one detector.

    ``tile_px`` is the smallest and the largest side of a tile, in pixels, that it takes, and
    ``max_tuned_tile_px`` the largest that tuning tries, where that is less. ``max_image_bytes``
    bounds the encoded tile. ``calls_per_second`` is the pace of a run without a ``quota``, or
    in the regions with the largest one. A truncated answer is asked for again by up to
    ``extra_calls`` further calls, and a run reckons with ``usual_calls`` per tile. ``api_call`` is
    the action as IAM names it, ``call_price`` what one call costs where calls are billed.
    ``own_fields`` are the fields of a profile that this kind may have and not every kind has.
    """

    name: DetectorName
    finds: Finds
    tile_px: tuple[int, int]
    max_image_bytes: int
    calls_per_second: float
    own_fields: tuple[str, ...]
    function: Function = ""
    model: Model = "none"
    api_call: str = ""
    call_price: CallPrice | None = None
    extra_calls: int = 0
    usual_calls: int = 1
    quota: CallQuota | None = None
    max_tuned_tile_px: int = 0
    reads_strokes: bool = False
    """True where a vector page is given as its strokes, in one tile, instead of as pixels."""

    @property
    def calls_per_tile(self) -> int:
        """The largest number of billed calls that one request for a tile may make."""
        return 1 + self.extra_calls

    def tiles_per_second(self, region: str, calls: float | None = None) -> float:
        """Returns the pace of a run: what a quota of ``calls``, or the region's default, allows."""
        if calls is None:
            calls = self.quota.in_region(region) if self.quota else self.calls_per_second
        return calls / self.usual_calls

    @property
    def reads_pixels(self) -> bool:
        """True where tiles are rendered and sent; False where the PDF's own text is read."""
        return bool(self.function)

    @property
    def needs_start(self) -> bool:
        """True where a model must be started, and is paid by the hour, before a tile is sent."""
        return self.model == "started"

    @property
    def needs_version(self) -> bool:
        """True where a version of a model must be in use before a tile is sent."""
        return self.model != "none"

    @property
    def is_paid_by_lambda_seconds(self) -> bool:
        """True where the time of the function is all that a tile costs."""
        return self.model == "file"

    @property
    def service(self) -> str:
        """The AWS service that answers, as boto3 and IAM name it; empty where none does."""
        return self.api_call.partition(":")[0]

    @property
    def tuned_tile_px(self) -> tuple[int, int]:
        """The smallest and the largest side of a tile, in pixels, that tuning tries."""
        smallest, largest = self.tile_px
        return smallest, self.max_tuned_tile_px or largest


_ALL_KINDS = (
    DetectorKind(
        name="custom-labels",
        finds="objects",
        tile_px=(64, 4096),
        max_image_bytes=4_000_000,
        # A model of few units answers less; the run sets the pace by them.
        calls_per_second=50,
        quota=CallQuota(code="L-EA71C84A", elsewhere=50, source=REKOGNITION_QUOTAS),
        own_fields=("model_project", "second_scale", *_OF_STARTED_MODELS),
        function="detect_tile",
        model="started",
        api_call="rekognition:DetectCustomLabels",
    ),
    DetectorKind(
        name="textract",
        finds="text",
        tile_px=(50, 10_000),
        max_image_bytes=10_000_000,
        calls_per_second=25,
        quota=CallQuota(
            code="L-75788A8B",
            by_region={
                "us-east-1": 25,
                "us-west-2": 25,
                "us-east-2": 10,
                "eu-west-1": 5,
                "ap-south-1": 5,
            },
            elsewhere=1,
            source=TEXTRACT_QUOTAS,
        ),
        own_fields=_OF_DRAWN_TEXT,
        function="detect_tile",
        api_call="textract:DetectDocumentText",
        call_price=CallPrice("textract_page", 0.0015),
    ),
    DetectorKind(
        name="rekognition-text",
        finds="text",
        tile_px=(80, 10_000),
        max_image_bytes=5_000_000,
        calls_per_second=50,
        quota=CallQuota(
            code="L-87CF5BA6",
            by_region={"us-east-1": 50, "us-west-2": 50, "eu-west-1": 50},
            elsewhere=5,
            source=REKOGNITION_QUOTAS,
        ),
        own_fields=_OF_DRAWN_TEXT,
        function="detect_tile",
        api_call="rekognition:DetectText",
        call_price=CallPrice("detect_text_image", 0.001),
        extra_calls=4,
        usual_calls=2,
    ),
    DetectorKind(
        name="pdf-text",
        finds="text",
        tile_px=(64, 10_000),
        max_image_bytes=10_000_000,
        calls_per_second=100,
        own_fields=_OF_TEXT,
    ),
    DetectorKind(
        name="onnx",
        finds="objects",
        tile_px=(64, 10_000),
        max_image_bytes=10_000_000,
        calls_per_second=100,
        own_fields=("model_project", "second_scale", "seconds_per_tile"),
        function="detect_onnx",
        model="file",
        # A profile may have more, for a model that scales tiles down. One that takes them as they
        # are needs 1.6 GB for 6,144 px, and its Lambda has 1.7.
        max_tuned_tile_px=4096,
    ),
    DetectorKind(
        name=BY_EXAMPLE,
        finds="objects",
        tile_px=(512, 4096),
        max_image_bytes=10_000_000,
        calls_per_second=100,
        own_fields=("model_project", "seconds_per_tile", "examples"),
        function="detect_onnx",
        model="file",
        reads_strokes=True,
    ),
)

KINDS: dict[DetectorName, DetectorKind] = {kind.name: kind for kind in _ALL_KINDS}
CALL_PRICES = {kind.call_price.name: kind.call_price.usd for kind in _ALL_KINDS if kind.call_price}
"""List prices of calls in US dollars, by the name that ``prices`` in ``cdk.json`` has for them."""
_FIELDS_OF_SOME_KINDS = frozenset(name for kind in _ALL_KINDS for name in kind.own_fields)


def may_have(kind: DetectorKind, field: str) -> bool:
    """Tells if a profile of this kind may have the field; most fields suit every kind."""
    return field in kind.own_fields or field not in _FIELDS_OF_SOME_KINDS


def names_with(field: str) -> list[DetectorName]:
    """Returns the detectors whose profiles may have the field, in the order of the table."""
    return [kind.name for kind in _ALL_KINDS if may_have(kind, field)]


def default_quotas(region: str) -> dict[DetectorName, float]:
    """Returns the calls per second that an account may make by default, by detector.

    Only detectors that are a service of AWS are in it; ``KINDS[name].quota`` has the code of each
    quota in Service Quotas, and the page that the figures are from.
    """
    return {kind.name: kind.quota.in_region(region) for kind in _ALL_KINDS if kind.quota}


def with_numbers(written: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the settings of a profile with ``dpi`` "auto" written as numbers."""
    if written.get("dpi") != "auto":
        return dict(written)
    return AUTO_DPI | {name: value for name, value in written.items() if name != "dpi"}
