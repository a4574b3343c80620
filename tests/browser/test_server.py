"""Tests of the viewer's server on the loopback address."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn

from tests.unit.tilescout_viewer.result_folders import write_drawing, write_result
from tilescout_reviews.review import Author
from tilescout_viewer import server
from tilescout_viewer.sources import LocalFiles


def test_an_address_takes_connections_before_the_servers_thread_has_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_start = threading.Event()
    run = uvicorn.Server.run

    def late(self: uvicorn.Server, sockets: list[socket.socket] | None = None) -> None:
        may_start.wait()
        run(self, sockets=sockets)

    monkeypatch.setattr(uvicorn.Server, "run", late)
    write_drawing(tmp_path / "drawing.pdf")
    source = LocalFiles([write_result(tmp_path)])
    opened = server.library(source, Author(name="ann", now=lambda: 0), tmp_path / "cache")
    with server.serving(opened) as address:
        parts = urlsplit(address)
        try:
            with socket.create_connection((parts.hostname, parts.port), timeout=20) as connection:
                connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
                may_start.set()
                assert connection.recv(8) == b"HTTP/1.1"
        finally:
            may_start.set()
