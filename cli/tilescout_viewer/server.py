"""Serves the viewer on the loopback address until it is interrupted."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from tilescout_drawings.tile_cache import TileCache
from tilescout_examples.saved_profile import ProfilePlaces
from tilescout_reviews.review import Author
from tilescout_viewer import app, security
from tilescout_viewer.library import Library
from tilescout_viewer.sources import DocumentSource

LOOPBACK = "127.0.0.1"


def library(
    source: DocumentSource, author: Author, cache: Path, profiles: ProfilePlaces | None = None
) -> Library:
    """Returns an opened library; its tiles are kept in ``cache``, and ``profiles`` saved there."""
    tiles = TileCache(cache / "tiles")
    tiles.trim()
    return Library(source, tiles, author, profiles)


def serve(opened: Library, *, port: int, ready: Callable[[str], None]) -> None:
    """Serves until interrupted; calls ``ready`` with the address. Port 0 takes a free one."""
    token = security.new_token()
    with _listening(port) as listener:
        chosen = listener.getsockname()[1]
        server = _server(opened, token, chosen)
        address = f"http://{LOOPBACK}:{chosen}/?token={token}"
        threading.Thread(target=_when_started, args=(server, address, ready), daemon=True).start()
        try:
            server.run(sockets=[listener])
        finally:
            opened.close()


@contextmanager
def serving(opened: Library) -> Iterator[str]:
    """Serves in a thread, for tests and measurements; yields the address with the token."""
    token = security.new_token()
    with _listening(0) as listener:
        port = listener.getsockname()[1]
        server = _server(opened, token, port)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://{LOOPBACK}:{port}/?token={token}"
        finally:
            server.should_exit = True
            thread.join()
            opened.close()


def _server(opened: Library, token: str, port: int) -> uvicorn.Server:
    config = uvicorn.Config(
        app.create(opened, token=token, port=port),
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        # From here on a browser that is faster than the server's thread waits; it is not refused.
        listener.listen()
        yield listener


def _when_started(server: uvicorn.Server, address: str, ready: Callable[[str], None]) -> None:
    while not server.started and not server.should_exit:
        threading.Event().wait(0.02)
    ready(address)
