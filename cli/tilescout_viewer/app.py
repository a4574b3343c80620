"""The viewer's HTTP interface: the page, its data, tiles, edits and exports."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tilescout.errors import TilescoutError
from tilescout_drawings.tile_cache import TileRequest, shown_layers
from tilescout_exports.html import WEB_FILES
from tilescout_exports.model import ExportFailed
from tilescout_exports.registry import FORMATS, named
from tilescout_reviews.corrections import ReviewConflict, ReviewError
from tilescout_viewer import answers, export_files
from tilescout_viewer.library import Library
from tilescout_viewer.security import Guard
from tilescout_viewer.sources import SourceError

MAX_BODY_BYTES = 2_000_000
MAX_HITS = 500
THUMBNAIL_PX = 240
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tilescout</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/files/viewer.css">
</head>
<body>
<div id="app"></div>
<script src="/files/viewer.js"></script>
</body>
</html>
"""


def create(library: Library, *, token: str, port: int) -> Starlette:
    """Returns the application that serves ``library`` to whoever has the token."""
    views = _Views(library)
    document = "/api/documents/{document}"
    routes = [
        Route("/", _page),
        Mount("/files", StaticFiles(directory=WEB_FILES)),
        Route("/api/documents", views.documents),
        Route("/api/search", views.search),
        Route("/api/profiles", views.save_profile, methods=["POST"]),
        Route("/api/exports/{format}", views.export),
        Route(document, views.document),
        Route(f"{document}/layers", views.layers),
        Route(f"{document}/changes", views.changes),
        Route(f"{document}/edits", views.edit, methods=["POST"]),
        Route(f"{document}/undo", views.undo, methods=["POST"]),
        Route(f"{document}/redo", views.redo, methods=["POST"]),
        Route(f"{document}/similar", views.similar, methods=["POST"]),
        Route(f"{document}/pages/{{page:int}}/thumbnail", views.thumbnail),
        Route(
            f"{document}/pages/{{page:int}}/tiles/{{level:int}}/{{column:int}}/{{row:int}}",
            views.tile,
        ),
    ]
    middleware = [
        Middleware(Guard, token=token, port=port),
        Middleware(GZipMiddleware, minimum_size=2_000, compresslevel=4),
    ]
    handlers: dict[Any, Callable[..., Any]] = {
        HTTPException: _nothing,
        ReviewConflict: _conflict,
        ReviewError: _refused,
        SourceError: _refused,
        ExportFailed: _refused,
        TilescoutError: _refused,
    }
    return Starlette(routes=routes, middleware=middleware, exception_handlers=handlers)


async def _page(request: Request) -> Response:
    return Response(PAGE, media_type="text/html", headers={"cache-control": "no-store"})


async def _nothing(request: Request, error: HTTPException) -> Response:
    return Response(status_code=error.status_code)


async def _refused(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=422)


async def _conflict(request: Request, error: ReviewConflict) -> Response:
    ids = [each.id for each in error.current]
    return JSONResponse({"error": str(error), "ids": ids}, status_code=409)


class _Views:
    """The functions behind the routes; those that wait run in threads."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def documents(self, request: Request) -> Response:
        listed = [answers.summary(each) for each in self._library.source.documents()]
        formats = [{"name": name, "title": known.title} for name, known in FORMATS.items()]
        return _json(
            {"documents": listed, "reviewer": self._library.author.name, "formats": formats}
        )

    def document(self, request: Request) -> Response:
        document = request.path_params["document"]
        result, found, number = self._library.reviewed(document)
        withheld = self._library.withheld(document)
        return _json(
            {
                "resultId": result.id,
                "number": number,
                "reason": result.head["reason"],
                "warnings": list(result.head["warnings"]),
                "pages": answers.pages(result),
                "detections": answers.detections(result, found)
                + answers.withheld(result, withheld),
            }
        )

    def layers(self, request: Request) -> Response:
        drawing = self._library.drawing(request.path_params["document"])
        return _json({"layers": answers.layers(drawing)})

    def changes(self, request: Request) -> Response:
        return self._changes(request.path_params["document"], _number(request, "after"))

    async def edit(self, request: Request) -> Response:
        sent = await _body(request, answers.EditsSent)
        edits = [each.edit() for each in sent.edits]
        return await self._changed(
            request, lambda document: self._library.edit(document, edits, sent.group)
        )

    async def undo(self, request: Request) -> Response:
        sent = await _body(request, answers.GroupSent)
        return await self._changed(
            request, lambda document: self._library.undo(document, sent.group)
        )

    async def redo(self, request: Request) -> Response:
        sent = await _body(request, answers.GroupSent)
        return await self._changed(
            request, lambda document: self._library.redo(document, sent.group)
        )

    async def similar(self, request: Request) -> Response:
        sent = await _body(request, answers.SimilarSent)
        return await run_in_threadpool(self._similar, request.path_params["document"], sent)

    def _similar(self, document: str, sent: answers.SimilarSent) -> Response:
        dpi_of = cache(self._library.dpi_of)
        try:
            dpi = dpi_of(document)[sent.page]
            request = sent.request(dpi_of)
        except KeyError as error:
            raise HTTPException(400) from error
        return _json(answers.similar(self._library.find_similar(document, request), dpi))

    async def save_profile(self, request: Request) -> Response:
        sent = await _body(request, answers.ProfileSent)
        return await run_in_threadpool(self._save_profile, sent)

    def _save_profile(self, sent: answers.ProfileSent) -> Response:
        try:
            request = sent.request(cache(self._library.dpi_of))
        except KeyError as error:
            raise HTTPException(400) from error
        return _json({"told": self._library.save_profile(sent.name, request).told})

    async def _changed(self, request: Request, change: Callable[[str], None]) -> Response:
        document = request.path_params["document"]
        await run_in_threadpool(change, document)
        return await run_in_threadpool(self._changes, document, _number(request, "after"))

    def _changes(self, document: str, after: int) -> Response:
        ids, number = self._library.changed_since(document, after)
        if not ids:
            result_id = self._library.source.result(document).id
            return _json({"resultId": result_id, "number": number, "detections": [], "removed": []})
        result, found, number = self._library.reviewed(document)
        wanted = set(ids)
        withheld = [each for each in self._library.withheld(document) if each.id in wanted]
        shown = answers.detections(result, [each for each in found if each.id in wanted])
        shown += answers.withheld(result, withheld)
        removed = wanted - {each["id"] for each in shown}
        return _json(
            {
                "resultId": result.id,
                "number": number,
                "detections": shown,
                "removed": sorted(removed),
            }
        )

    def search(self, request: Request) -> Response:
        text = request.query_params.get("text", "").strip()
        hits = list(self._library.search(text)) if text else []
        shown = [
            {"document": hit.document_id, "id": hit.detection.id, "page": hit.detection.page,
             "label": hit.detection.label, "text": hit.detection.text}
            for hit in islice(hits, MAX_HITS)
        ]  # fmt: skip
        return _json({"hits": shown, "total": len(hits)})

    def tile(self, request: Request) -> Response:
        place = request.path_params
        try:
            wanted = TileRequest(
                page=place["page"],
                level=place["level"],
                column=place["column"],
                row=place["row"],
                shown_layers=_layers(request),
            )
            picture = self._library.tile(place["document"], wanted)
        except (KeyError, ValueError):
            return Response(status_code=404)
        return Response(picture.body, media_type=picture.media_type, headers=_KEPT)

    def thumbnail(self, request: Request) -> Response:
        document, page = request.path_params["document"], request.path_params["page"]
        pyramid = self._library.pyramid(document, page)
        level = max(
            level for level in range(pyramid.levels) if max(pyramid.size(level)) <= pyramid.tile_px
        )
        wanted = TileRequest(page=page, level=level, column=0, row=0)
        picture = self._library.tile(document, wanted)
        return Response(picture.body, media_type=picture.media_type, headers=_KEPT)

    def export(self, request: Request) -> Response:
        query = request.query_params
        form = named(request.path_params["format"])
        chosen = [each for each in query.get("documents", "").split(",") if each]
        with ExitStack() as cleanup:
            folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory()))
            path = export_files.write(
                self._library, form, chosen, folder,
                with_images=query.get("images", "1") == "1", address=str(request.base_url),
            )  # fmt: skip
            sent = BackgroundTask(cleanup.pop_all().close)
        headers = {"cache-control": "no-store"}
        return FileResponse(path, filename=path.name, background=sent, headers=headers)


_KEPT = {"cache-control": "private, max-age=86400, immutable"}


def _layers(request: Request) -> tuple[int, ...] | None:
    numbers = shown_layers(request.query_params.get("layers", "own"))
    return None if numbers is None else tuple(numbers)


def _number(request: Request, name: str) -> int:
    text = request.query_params.get(name, "0")
    if not text.isdecimal() or len(text) > 12:
        raise HTTPException(400)
    return int(text)


async def _body(request: Request, kind: Any) -> Any:
    """The parsed body. Raises HTTPException 400 for anything that is not what is expected."""
    if request.headers.get("content-type") != "application/json":
        raise HTTPException(415)
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            raise HTTPException(413)
    try:
        return kind.model_validate_json(bytes(body))
    except ValidationError as error:
        raise HTTPException(400) from error


def _json(value: Any) -> Response:
    body = json.dumps(value, separators=(",", ":")).encode()
    return Response(body, media_type="application/json", headers={"cache-control": "no-store"})
