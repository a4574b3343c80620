"""One sandbox of a function: its code, its environment and its process."""

from __future__ import annotations

import io
import itertools
import json
import os
import shutil
import sys
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from tilescout_local.processes import scaled_clock
from tilescout_local.processes.scaled_clock import ScaledClock
from tilescout_local.processes.worker_process import Reaper, WorkerProcess
from tilescout_local.state import CODE, SANDBOXES

# Python packages live in the running environment; a function's layers are built for Lambda's own
# architecture and are not used here.
WORKER = Path(__file__).with_name("worker.py")


class MemorySampler(Protocol):
    def sample(self, pid: int) -> None: ...


class Sandbox:
    """A started process with the function loaded; it is frozen between invocations, as on AWS."""

    def __init__(self, process: WorkerProcess, tag: str, scratch: Path) -> None:
        self._process = process
        self._scratch = scratch
        self.tag = tag
        self.usable = True
        self.freeze = process.freeze
        self.thaw = process.thaw
        self.alive = process.alive
        self.crash = process.crash
        self.take_output = process.take_output

    def invoke(
        self, event: Any, request_id: str, arn: str, seconds: float, memory: MemorySampler
    ) -> dict[str, Any]:
        """Returns the worker's response; after an error of the process the sandbox is not
        usable."""
        self.usable = False
        frame = json.dumps(
            {
                "event": event,
                "request_id": request_id,
                "function_arn": arn,
                "timeout_seconds": seconds,
            }
        )
        answer: dict[str, Any] = json.loads(
            self._process.ask(frame.encode(), timeout_seconds=seconds, sample=memory.sample)
        )
        self.usable = "init_failed" not in answer
        return answer

    def kill(self) -> None:
        self._process.kill()
        shutil.rmtree(self._scratch, ignore_errors=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxFactory:
    """Starts sandboxes whose calls go to ``endpoint_url``."""

    home: Path
    endpoint_url: str
    region: str
    reaper: Reaper
    clock: ScaledClock = field(default_factory=ScaledClock)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _unpacking: threading.Lock = field(default_factory=threading.Lock)

    def start(self, config: Mapping[str, Any], code_zip: bytes) -> Sandbox:
        code = self._unpacked(str(config["CodeSha256"]), code_zip)
        tag = f"sandbox-{next(self._numbers)}"
        scratch = self.home / SANDBOXES / tag
        scratch.mkdir(parents=True)
        process = WorkerProcess(
            [sys.executable, str(WORKER)],
            env=self._environment(config, code, scratch, tag),
            cwd=code,
            reaper=self.reaper,
        )
        return Sandbox(process, tag, scratch)

    def _unpacked(self, digest: str, code_zip: bytes) -> Path:
        folder = self.home / CODE / digest.replace("/", "_").rstrip("=")
        with self._unpacking:
            if not folder.exists():
                part = folder.with_name(f"{folder.name}.part")
                shutil.rmtree(part, ignore_errors=True)
                with zipfile.ZipFile(io.BytesIO(code_zip)) as archive:
                    archive.extractall(part)
                part.rename(folder)
        return folder

    def _environment(
        self, config: Mapping[str, Any], code: Path, scratch: Path, tag: str
    ) -> dict[str, str]:
        name = str(config["FunctionName"])
        own = (config.get("Environment") or {}).get("Variables") or {}
        logging = config.get("LoggingConfig") or {}
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "LANG": "C.UTF-8",
            "TZ": ":UTC",
            "HOME": str(scratch),
            "TMPDIR": str(scratch),
            "PYTHONPATH": str(code),
            "PYTHONUNBUFFERED": "1",
            # Lambda has no core files and one or two cores: threads of numeric libraries hurt.
            "OMP_NUM_THREADS": "1",
            **{key: str(value) for key, value in own.items()},
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{config.get('Runtime', 'python3.12')}",
            # Names the calling sandbox in its User-Agent, so that a fault can kill it.
            "AWS_SDK_UA_APP_ID": tag,
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": str(config.get("Version", "$LATEST")),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
            "AWS_LAMBDA_LOG_GROUP_NAME": str(logging.get("LogGroup") or f"/aws/lambda/{name}"),
            "AWS_LAMBDA_LOG_STREAM_NAME": tag,
            scaled_clock.VARIABLE: self.clock.variable(),
            "LAMBDA_TASK_ROOT": str(code),
            "_HANDLER": str(config["Handler"]),
        }
