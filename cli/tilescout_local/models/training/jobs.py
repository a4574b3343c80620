"""Runs trainings, each a child process in a folder of its own that a thread follows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilescout_local.apis.image_input import ReadObject, opened
from tilescout_local.models.manifest_entries import Entry, manifest_faults
from tilescout_local.models.registry import ModelRegistry
from tilescout_local.models.training import results
from tilescout_local.models.training.record import S3Location, Training
from tilescout_local.models.version import ModelVersion
from tilescout_local.processes.python_environment import PACKAGES, python_environment
from tilescout_local.processes.worker_process import Reaper

JOB = "tilescout_train.version_job"
"""The module of the child process, by name only, as the server itself must run without torch."""
POLL_SECONDS = 0.25
MAX_SECONDS = 2 * 3600.0
"""Real seconds; a training that takes longer hangs."""
LOG_TAIL_CHARACTERS = 400

WriteObject = Callable[[S3Location, bytes], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingInput:
    """The entries to train and to test with; ``iterations`` is the largest number to do."""

    train: Sequence[Entry]
    test: Sequence[Entry]
    iterations: int


class _Failed(Exception):
    """The failure of a training, in the words of the version's message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingJobs:
    """Trains versions of ``registry`` in folders under ``home``."""

    home: Path
    registry: ModelRegistry
    read_object: ReadObject
    write_object: WriteObject
    reaper: Reaper
    now: Callable[[], float]

    def begin(
        self, project_arn: str, name: str, output: S3Location, data: TrainingInput
    ) -> ModelVersion:
        """Begins to train a version; a thread follows the training to its end.

        Raises what `ModelRegistry.begin_training` raises.
        """
        training = Training(output=output, begun_at=self.now(), iterations=data.iterations)
        version = self.registry.begin_training(project_arn, name, training)
        arguments = (version, output, data)
        threading.Thread(target=self._follow, args=arguments, daemon=True).start()
        return version

    def _follow(self, version: ModelVersion, output: S3Location, data: TrainingInput) -> None:
        folder = self.home / f"{version.project}-{version.name}-{version.arn.rpartition('/')[2]}"
        try:
            self._write_input(folder, data)
            self._run(folder, version.arn)
            result = json.loads((folder / "result.json").read_text()) | {"ended_at": self.now()}
            written = results.write(
                version, output, result, data.train, data.test, self.write_object
            )
            self.registry.end_training(version.arn, folder / "model.onnx", written)
        except _Failed as failure:
            self.registry.fail_training(version.arn, str(failure))
        except BaseException as error:
            self.registry.fail_training(version.arn, f"Amazon Rekognition failed: {error!r}")
            raise

    def _write_input(self, folder: Path, data: TrainingInput) -> None:
        """Writes everything that the child process needs into files."""
        folder.mkdir(parents=True)
        for part, found in (("train", data.train), ("test", data.test)):
            for _, message in manifest_faults(found):
                raise _Failed(message)
            lines = [self._local_line(entry, folder, f"{part}-{number}")
                     for number, entry in enumerate(found) if not entry.error]  # fmt: skip
            (folder / f"{part}.manifest").write_text("".join(f"{line}\n" for line in lines))
        (folder / "job.json").write_text(json.dumps({"iterations": data.iterations}))

    def _local_line(self, entry: Entry, folder: Path, name: str) -> str:
        """Writes an entry's image into the folder and returns the manifest line that names the
        file."""
        assert entry.source is not None, "a line without an error has an image"
        data = self.read_object(entry.source.bucket, entry.source.key, None)
        image = None if data is None else opened(data, from_s3=True)
        if data is None or image is None or image.format not in ("JPEG", "PNG"):
            raise _Failed(
                "The manifest file contains too many invalid rows. (ERROR_INVALID_IMAGE: "
                f"s3://{entry.source.bucket}/{entry.source.key} cannot be read as JPEG or PNG)"
            )
        (folder / name).write_bytes(data)
        return json.dumps(json.loads(entry.line) | {"source-ref": name})

    def _run(self, folder: Path, arn: str) -> None:
        with (folder / "log").open("wb") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", JOB, str(folder)],
                cwd=PACKAGES,
                # Threads that spin while they wait take the processor from functions and engines.
                env=python_environment(OMP_WAIT_POLICY="PASSIVE"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.reaper.watch(child.pid)
        try:
            self._wait(child, folder, arn)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            self.reaper.forget(child.pid)

    def _wait(self, child: subprocess.Popen[bytes], folder: Path, arn: str) -> None:
        deadline = time.monotonic() + MAX_SECONDS
        while child.poll() is None:
            if time.monotonic() > deadline:
                raise _Failed(f"The training took longer than {MAX_SECONDS / 3600:.0f} hours.")
            if progress := _progress(folder):
                self.registry.report_training_progress(
                    arn, f"The model is being trained. {progress}"
                )
            time.sleep(POLL_SECONDS)
        if child.returncode:
            raise _Failed(_failure_text(folder))


def _progress(folder: Path) -> str:
    with suppress(OSError, ValueError):
        progress: dict[str, Any] = json.loads((folder / "progress.json").read_text())
        return str(progress["text"])
    return ""


def _failure_text(folder: Path) -> str:
    with suppress(OSError, ValueError):
        return str(json.loads((folder / "failure.json").read_text())["text"])
    log = (folder / "log").read_text(errors="replace").strip()
    return f"The training process ended unexpectedly: {log[-LOG_TAIL_CHARACTERS:]}"
