"""The account, region, files and folders that the parts of an embedded AWS share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ACCOUNT = "000000000000"
REGION = "us-east-1"

STATE_FILE = "embedded-aws.json"
LOCK_FILE = "embedded-aws.lock"
LOG_FILE = "embedded-aws.log"
# The folder with one log per function.
LOGS = "logs"
# The folder of the sandboxes' own folders for temporary files.
SANDBOXES = "sandboxes"
# The folder with the unpacked code of functions.
CODE = "code"
# The folder with one folder per trained version.
TRAININGS = "trainings"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerCounts:
    """The largest numbers of processes that work at once.

    ``functions`` are sandboxes by a part of the handler's name; other functions have two each.
    """

    ocr: int = 2
    symbols: int = 2
    functions: Mapping[str, int] = field(default_factory=lambda: {"detect_tile": 3})
