"""The process of the embedded AWS, started as ``python -m tilescout_local.server SETTINGS``
(JSON)."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any

from tilescout_local.processes.scaled_clock import ScaledClock
from tilescout_local.state import LOCK_FILE, STATE_FILE, WorkerCounts

ADDRESS = "127.0.0.1"


def main() -> None:
    settings = json.loads(sys.argv[1])
    clock = ScaledClock(**settings["clock"])
    clock.install()
    home = Path(settings["home"])
    lock = _locked(home)
    listener = socket.create_server((ADDRESS, settings["port"]), backlog=512)
    port = listener.getsockname()[1]
    _prepare_environment(port, settings["wait_scale"], settings["region"])
    endpoint_url = f"http://{ADDRESS}:{port}"
    from tilescout_local.emulator.install import install

    app = install(
        home,
        endpoint_url,
        region=settings["region"],
        lock=lock.fileno(),
        clock=clock,
        workers=WorkerCounts(**settings["workers"]),
    )
    state = {"pid": os.getpid(), "endpoint_url": endpoint_url, "region": settings["region"],
             "clock": settings["clock"]}  # fmt: skip
    asyncio.run(_serve(app, listener, home / STATE_FILE, state, owned=settings["owned"]))


def _locked(home: Path) -> Any:
    """Returns the lock, which this process and its reaper hold until nothing is left of them."""
    lock = (home / LOCK_FILE).open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"an embedded AWS is running in {home} already")
    return lock


def _prepare_environment(port: int, wait_scale: float, region: str) -> None:
    """Sets what the emulator reads from the environment when it is imported."""
    os.environ.update(
        BIND_HOST=ADDRESS,
        GATEWAY_PORT=str(port),
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        MINISTACK_REGION=region,
        MINISTACK_HOST=ADDRESS,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_DEFAULT_REGION=region,
        PERSIST_STATE="0",
        SFN_WAIT_SCALE=str(wait_scale),
        S3_PERSIST="0",
        LAMBDA_EXECUTOR="local",
    )


async def _serve(
    app: Any, listener: socket.socket, state_file: Path, state: dict[str, Any], *, owned: bool
) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    config.accesslog = None
    config.graceful_timeout = 0.2
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    if owned:
        watch = threading.Thread(target=_end_with_owner, args=(loop, ended), daemon=True)
        watch.start()
    state_file.write_text(json.dumps(state))
    try:
        await serve(app, config, shutdown_trigger=ended.wait)
    finally:
        state_file.unlink(missing_ok=True)
    # The loop's own end would wait for threads that wait for an engine. Threads of the emulator and
    # of invocations never end; the reaper ends their processes.
    os._exit(0)


def _end_with_owner(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    """Ends the server when standard input closes: the owner holds the pipe and closes it by its
    end."""
    sys.stdin.read()
    loop.call_soon_threadsafe(ended.set)


if __name__ == "__main__":
    main()
