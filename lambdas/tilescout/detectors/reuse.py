"""Answers that are taken again for tiles that look exactly the same, and are not paid twice.

Two tiles share an answer where their images are equal to the byte, and nothing else that could
change the answer differs: see ``shared_name``.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from tilescout.detections import Answer
from tilescout.detectors.port import confidence_asked
from tilescout.geometry import Box
from tilescout.ledger import TileRow
from tilescout.profiles import Profile

KEEP_SECONDS = 85 * 24 * 3600
"""The time for which an answer is shared, from its call on. It ends before the answer expires, and
so that a service whose model AWS has improved is asked again some day."""
READING = 1
"""The way in which responses become answers: another number has every tile detected anew."""


def content_of(image: bytes, profile: Profile) -> str:
    """Returns the hash of a tile's image, empty where the profile shares no answers."""
    return _digest(image) if profile.reuse else ""


def shared_name(row: TileRow, profile: Profile, model_version: str) -> str:
    """Returns the name under which the tile's answer is shared, empty where it is not.

    It stands for the image, its size on the page, the profile and its settings that a detector is
    told, and the version of the model.
    """
    left, top, right, bottom = map(float, row.box)
    least = confidence_asked(profile)
    settings = (
        READING,
        row.content,
        (right - left, bottom - top, float(row.scale)),
        (profile.name, profile.detector, profile.dpi, profile.alphabet),
        None if least is None else float(least),
        model_version,
    )
    return _digest(repr(settings).encode()) if profile.reuse and row.content else ""


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
