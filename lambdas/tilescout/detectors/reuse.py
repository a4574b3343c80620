"""Answers that are taken again for tiles that look exactly the same, and are not paid twice.

Two tiles share an answer where their images are equal to the byte, and nothing else that could
change the answer differs: see ``shared_name``.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace

from tilescout.detections import Answer
from tilescout.detectors.port import confidence_asked
from tilescout.geometry import Box
from tilescout.ledger import TileRow
from tilescout.profiles import Profile

KEEP_SECONDS = 85 * 24 * 3600
"""The time for which an answer is shared, from its call on. It ends before the answer expires, and
so that a service whose model AWS has improved is asked again some day."""
OF_NO_ANSWER = frozenset(
    {
        "tile_size",
        "overlap",
        "colour",
        "max_dpi",
        "max_tiles_per_page",
        "second_scale",
        "text_layer",
        "include",
        "exclude",
        "exclude_regions",
        "find",
        "labels",
        "min_confidence",
        "max_pages",
        "max_tiles_per_document",
        "budget_usd",
        "deadline_minutes",
        "max_inference_units",
        "tiles_per_second_per_unit",
        "start_minutes",
        "start_when",
        "use_running_model",
        "seconds_per_tile",
        "reuse",
    }
)
"""Settings that are in the image already, or that no detector is told. Any other one, also one that
is added some day, is taken for one that an answer depends on."""
READING = 1
"""The way in which responses become answers: another number has every tile detected anew."""


def content_of(image: bytes, profile: Profile) -> str:
    """Returns the hash of a tile's image, empty where the profile shares no answers."""
    return _digest(image) if profile.reuse else ""


def shared_name(row: TileRow, profile: Profile, model_version: str) -> str:
    """Returns the name under which the tile's answer is shared, empty where it is not.

    It stands for the image, its size on the page, the profile and those of its settings that an
    answer may depend on, and the version of the model.
    """
    left, top, right, bottom = map(float, row.box)
    settings = (
        READING,
        row.content,
        (right - left, bottom - top, float(row.scale)),
        _settings(profile),
        model_version,
    )
    return _digest(repr(settings).encode()) if profile.reuse and row.content else ""


def _settings(profile: Profile) -> list[tuple[str, object]]:
    least = confidence_asked(profile)
    told = [
        (each.name, getattr(profile, each.name))
        for each in fields(profile)
        if each.name not in OF_NO_ANSWER
    ]
    return [*told, ("least", None if least is None else float(least))]


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def may_be_shared(answer: Answer) -> bool:
    """Returns True for a whole answer: warnings tell what one lacks."""
    return not answer.warnings


def as_if_of(row: TileRow, answer: Answer) -> Answer:
    """Returns an answer, which was given for another tile, as one for the tile of ``row``."""
    box = Box(*row.box)
    right, down = box.left - answer.tile_box.left, box.top - answer.tile_box.top

    def moved(part: Box) -> Box:
        there = part.shift(right, down)
        # Without the error of the sum: services' boxes have two decimals, and keep them.
        sides = (there.left, there.top, there.right, there.bottom)
        return Box(*(round(side, 6) for side in sides))

    return replace(
        answer,
        tile=row.tile,
        tile_box=box,
        words=tuple(replace(word, box=moved(word.box)) for word in answer.words),
        objects=tuple(replace(seen, box=moved(seen.box)) for seen in answer.objects),
        withheld=tuple(replace(place, box=moved(place.box)) for place in answer.withheld),
        calls=0,
    )
