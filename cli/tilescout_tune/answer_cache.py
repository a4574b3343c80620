"""Caches rendered tiles and a detector's answers on disk, so that no call is made twice."""

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
class RenderedPage:
    """A rendered page; ``tiles`` have the digest of their image."""

    width_px: int
    height_px: int
    width_pt: float
    height_pt: float
    tiles: tuple[tuple[Tile, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDetector:
    """A detector; ``name`` is unique to its answers: a service, or a model by its content.

    ``pixels`` belongs to a model that is paid by its time: the number of pixels that it processes,
    by a tile's side in px.
    """

    name: str
    port: Detector
    workers: int = 1
    pixels: Callable[[int], int] | None = None


@dataclass(slots=True)
class AnswerCache:
    """The cache; ``calls_made`` counts calls, ``used`` are the keys of the answers that were
    needed."""

    folder: Path
    on_call: Callable[[], None] = lambda: None
    calls_made: int = 0
    used: set[str] = field(default_factory=set)

    def page(self, pdf: Path, number: int, profile: Profile) -> RenderedPage:
        """Returns the page rendered with the profile. Raises what `render_page` raises."""
        request = RenderRequest.for_page(number, profile, pixels_only=True)
        key = _digest(_digest_of(pdf) + repr(request) + str(request.second_scale))
        file = self.folder / "pages" / f"{key}.json"
        if file.exists():
            return _page_from_json(file.read_text())
        tiles: list[tuple[Tile, str]] = []

        def store(tile: RenderedTile) -> None:
            digest = hashlib.sha256(tile.image).hexdigest()[:DIGITS]
            _write(self._tile(digest), tile.image)
            tiles.append((tile.tile, digest))

        done = render_page(pdf, request, store)
        page = RenderedPage(
            width_px=done.width_px,
            height_px=done.height_px,
            width_pt=done.width_pt,
            height_pt=done.height_pt,
            tiles=tuple(tiles),
        )
        _write(file, _page_to_json(page).encode())
        return page

    def answers(self, page: RenderedPage, detector: NamedDetector) -> list[Answer]:
        """Returns the answers of every tile; a tile that the detector refuses has an empty answer.

        Raises DetectorUnavailable and AnswerLost; the answers before that stay in the cache.
        """
        with ThreadPoolExecutor(detector.workers) as pool:
            try:
                return list(pool.map(lambda tile: self._answer(tile[0], tile[1], detector),
                                     page.tiles))  # fmt: skip
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def _answer(self, tile: Tile, digest: str, detector: NamedDetector) -> Answer:
        key = _digest(f"{detector.name} {digest} {tile}")
        self.used.add(key)
        file = self.folder / "answers" / key[:2] / f"{key}.json"
        if file.exists():
            return answer_from_json(file.read_text())
        try:
            answer = detector.port.detect(self._tile(digest).read_bytes(), tile)
        except TileRefused:
            answer = Answer(tile=tile.index, tile_box=tile.box, scale=tile.scale)
        self.calls_made += answer.calls
        _write(file, answer_to_json(answer).encode())
        self.on_call()
        return answer

    def _tile(self, digest: str) -> Path:
        return self.folder / "tiles" / digest[:2] / f"{digest}.jpg"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, body: bytes) -> None:
    """Writes a file in one step, so that an interrupted write never becomes a cached answer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(body)
    part.replace(path)


def _page_to_json(page: RenderedPage) -> str:
    sides = {f.name: getattr(page, f.name) for f in fields(RenderedPage) if f.name != "tiles"}
    tiles = [
        {"digest": digest, **{f.name: getattr(tile, f.name) for f in fields(Tile)},
         "box": [tile.box.left, tile.box.top, tile.box.right, tile.box.bottom]}
        for tile, digest in page.tiles
    ]  # fmt: skip
    return json.dumps(sides | {"tiles": tiles})


def _page_from_json(text: str) -> RenderedPage:
    value = json.loads(text)
    tiles = []
    for tile in value["tiles"]:
        digest = tile.pop("digest")
        tiles.append((Tile(**{**tile, "box": Box(*tile["box"])}), digest))
    return RenderedPage(**{**value, "tiles": tuple(tiles)})
