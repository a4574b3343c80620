"""Names of the files and folders in the home of an embedded AWS."""

STATE_FILE = "embedded-aws.json"
LOCK_FILE = "embedded-aws.lock"
LOG_FILE = "embedded-aws.log"
# One log a function.
LOGS = "logs"
# The sandboxes' own folders for temporary files.
SANDBOXES = "sandboxes"
# Code of functions, unpacked.
CODE = "code"
