"""Rendered tiles and what a detector said of them, on disk: each is made and asked once, ever."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from pathlib import Path

from tilescout.detections import Answer
from tilescout.detectors.port import Detector
from tilescout.detectors.responses import answer_from_json, answer_to_json
from tilescout.errors import TileRefused
from tilescout.geometry import Box
from tilescout.profiles import Profile
from tilescout.rendering.render import render_page
from tilescout.rendering.requests import RenderedTile, RenderRequest
from tilescout.tiling.grid import Tile

DIGITS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPage:
    """A page as rendered; ``tiles`` with the digest of each one's image."""

    width_px: int
    height_px: int
    width_pt: float
    height_pt: float
    tiles: tuple[tuple[Tile, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDetector:
    """``name`` tells apart what answers differently: a service, or a model by its content.

    ``pixels`` of a model that is paid by its time: those that it looks at, by a tile's side in px.
    """

    name: str
    port: Detector
    workers: int = 1
    pixels: Callable[[int], int] | None = None


@dataclass(slots=True)
class KeptAnswers:
    """``asked`` counts calls; ``wanted`` are the answers that anyone looked for."""

    folder: Path
    on_asked: Callable[[], None] = lambda: None
    asked: int = 0
    wanted: set[str] = field(default_factory=set)

    def page(self, pdf: Path, number: int, profile: Profile) -> KeptPage:
        """Raises what `render_page` raises."""
        request = RenderRequest.for_page(number, profile, pixels_only=True)
        key = _digest(_digest_of(pdf) + repr(request) + str(request.second_scale))
        kept = self.folder / "pages" / f"{key}.json"
        if kept.exists():
            return _page_from_json(kept.read_text())
        tiles: list[tuple[Tile, str]] = []

        def keep(each: RenderedTile) -> None:
            digest = hashlib.sha256(each.image).hexdigest()[:DIGITS]
            _write(self._tile(digest), each.image)
            tiles.append((each.tile, digest))

        done = render_page(pdf, request, keep)
        page = KeptPage(
            width_px=done.width_px,
            height_px=done.height_px,
            width_pt=done.width_pt,
            height_pt=done.height_pt,
            tiles=tuple(tiles),
        )
        _write(kept, _page_to_json(page).encode())
        return page

    def answers(self, page: KeptPage, detector: NamedDetector) -> list[Answer]:
        """Of every tile; a tile that the detector refuses has an empty answer.

        Raises DetectorUnavailable and AnswerLost; what came until then is kept.
        """
        with ThreadPoolExecutor(detector.workers) as pool:
            try:
                return list(pool.map(lambda each: self._answer(each[0], each[1], detector),
                                     page.tiles))  # fmt: skip
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def _answer(self, tile: Tile, digest: str, detector: NamedDetector) -> Answer:
        key = _digest(f"{detector.name} {digest} {tile}")
        self.wanted.add(key)
        kept = self.folder / "answers" / key[:2] / f"{key}.json"
        if kept.exists():
            return answer_from_json(kept.read_text())
        try:
            answer = detector.port.detect(self._tile(digest).read_bytes(), tile)
        except TileRefused:
            answer = Answer(tile=tile.index, tile_box=tile.box, scale=tile.scale)
        self.asked += answer.calls
        _write(kept, answer_to_json(answer).encode())
        self.on_asked()
        return answer

    def _tile(self, digest: str) -> Path:
        return self.folder / "tiles" / digest[:2] / f"{digest}.jpg"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, body: bytes) -> None:
    """At once: what is cut off by Ctrl-C must not be taken for an answer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(body)
    part.replace(path)


def _page_to_json(page: KeptPage) -> str:
    sides = {f.name: getattr(page, f.name) for f in fields(KeptPage) if f.name != "tiles"}
    tiles = [
        {"digest": digest, **{f.name: getattr(tile, f.name) for f in fields(Tile)},
         "box": [tile.box.left, tile.box.top, tile.box.right, tile.box.bottom]}
        for tile, digest in page.tiles
    ]  # fmt: skip
    return json.dumps(sides | {"tiles": tiles})


def _page_from_json(text: str) -> KeptPage:
    value = json.loads(text)
    tiles = []
    for each in value["tiles"]:
        digest = each.pop("digest")
        tiles.append((Tile(**{**each, "box": Box(*each["box"])}), digest))
    return KeptPage(**{**value, "tiles": tuple(tiles)})
