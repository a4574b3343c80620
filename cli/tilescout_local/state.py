"""The account, region, files and folders that the parts of an embedded AWS share."""

from __future__ import annotations

ACCOUNT = "000000000000"
REGION = "us-east-1"

STATE_FILE = "embedded-aws.json"
LOCK_FILE = "embedded-aws.lock"
LOG_FILE = "embedded-aws.log"
# One log a function.
LOGS = "logs"
# The sandboxes' own folders for temporary files.
SANDBOXES = "sandboxes"
# Code of functions, unpacked.
CODE = "code"
# Versions that were trained, one folder each.
TRAININGS = "trainings"
