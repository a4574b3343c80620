"""Answers that are taken again for tiles that look exactly the same, and are not paid twice.

Two tiles share an answer where their images are equal to the byte, and nothing else that could
change the answer differs: see ``reuse_key``, which a tile has from its tiling on, and
``shared_name``, which adds the version of the model that a run has chosen.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace

from tilescout.detections import Answer
from tilescout.detectors.port import confidence_asked
from tilescout.geometry import Box
from tilescout.profiles import Profile
from tilescout.tiling.grid import Tile

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
READING = 2
"""The way in which responses become answers: another number has every tile detected anew."""


def reuse_key(image: bytes, tile: Tile, profile: Profile) -> str:
    """Returns a hash that tiles share whose answers by one version of a model are the same.

    It stands for the image, its size on the page, the profile and those of its settings that an
    answer may depend on. It is empty where the profile shares no answers.
    """
    if not profile.reuse:
        return ""
    size = (float(tile.box.width), float(tile.box.height), float(tile.scale))
    return _digest(repr((_digest(image), size, _settings(profile))).encode())


def shared_name(key: str, model_version: str) -> str:
    """Returns the name under which answers of tiles with this ``reuse_key`` are shared.

    It is empty where the key is.
    """
    return _digest(repr((READING, key, model_version)).encode()) if key else ""


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


def as_if_of(tile: Tile, answer: Answer) -> Answer:
    """Returns an answer, which was given for another tile, as one for this tile."""
    right, down = tile.box.left - answer.tile_box.left, tile.box.top - answer.tile_box.top

    def moved(part: Box) -> Box:
        there = part.shift(right, down)
        # Without the error of the sum: services' boxes have two decimals, and keep them.
        sides = (there.left, there.top, there.right, there.bottom)
        return Box(*(round(side, 6) for side in sides))

    return replace(
        answer,
        tile=tile.index,
        tile_box=tile.box,
        words=tuple(replace(word, box=moved(word.box)) for word in answer.words),
        objects=tuple(replace(seen, box=moved(seen.box)) for seen in answer.objects),
        withheld=tuple(replace(place, box=moved(place.box)) for place in answer.withheld),
        calls=0,
    )
