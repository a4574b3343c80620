"""Amazon Rekognition Custom Labels: DetectCustomLabels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tilescout_local.apis.image_input import ImageInput, ReadObject
from tilescout_local.apis.rekognition import checked_image
from tilescout_local.apis.request_members import arn_member, number_member, whole_member
from tilescout_local.engines.detected_labels import Detect, DetectedLabel
from tilescout_local.errors import ApiError
from tilescout_local.models.arns import VERSION_ARN
from tilescout_local.models.registry import ModelRegistry
from tilescout_local.models.version import DetectorName

# Guidelines and quotas in Amazon Rekognition Custom Labels: detection.
MAX_INLINE_BYTES = 4 * 1024 * 1024
MIN_SIDE_PX, MAX_SIDE_PX = 64, 4096
MAX_ASPECT = 20
# The default of MinConfidence: the threshold that the training chose, which is at this confidence
# for every label.
DEFAULT_MIN_CONFIDENCE = 50.0


Detectors = Mapping[DetectorName, Detect]


def detect_custom_labels(
    request: Mapping[str, Any],
    registry: ModelRegistry,
    read_object: ReadObject,
    detectors: Detectors,
) -> dict[str, Any]:
    """Returns the response to one request, the most confident label first.

    Raises ApiError with the codes of the real operation.
    """
    arn = arn_member(request, "ProjectVersionArn", VERSION_ARN)
    least = number_member(request, "MinConfidence", 0, 100)
    most = whole_member(request, "MaxResults", minimum=0)
    registry.require_running(arn)
    image = _checked(request, read_object)
    detect = detectors[registry.admit(arn)]
    found = detect(image.data, registry.model_file(arn))
    registry.answered(arn)
    threshold = DEFAULT_MIN_CONFIDENCE if least is None else least
    kept = sorted(
        (label for label in found if label.confidence >= threshold),
        key=lambda label: -label.confidence,
    )
    return {"CustomLabels": [_shown(label, image) for label in kept[:most]]}


def _checked(request: Mapping[str, Any], read_object: ReadObject) -> ImageInput:
    image = checked_image(
        request, read_object, max_inline_bytes=MAX_INLINE_BYTES, min_side_px=MIN_SIDE_PX
    )
    short, long = sorted((image.width, image.height))
    if long > MAX_SIDE_PX or long > MAX_ASPECT * short:
        raise ApiError(
            "InvalidParameterException",
            f"Image of {image.width} x {image.height} px: each side has {MIN_SIDE_PX} to "
            f"{MAX_SIDE_PX} px, the longer at most {MAX_ASPECT} times the shorter",
        )
    return image


def _shown(label: DetectedLabel, image: ImageInput) -> dict[str, Any]:
    left, top, right, bottom = label.box
    box = {
        "Left": left / image.width,
        "Top": top / image.height,
        "Width": (right - left) / image.width,
        "Height": (bottom - top) / image.height,
    }
    return {"Name": label.name, "Confidence": label.confidence, "Geometry": {"BoundingBox": box}}
