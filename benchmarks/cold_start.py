"""Measures what each function imports at a cold start, in CPU seconds and modules.

    python -m benchmarks.cold_start [--repeats 5]

Each handler is imported in a process of its own, which its interpreter's own start is taken from;
the least CPU time of the repeats counts. Lambda adds its runtime and the download of the code.
`heavy` names those of the large packages that are loaded.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.constructs.function_specs import SPECS

ROOT = Path(__file__).parents[1]
HEAVY = ("numpy", "PIL", "onnxruntime", "pymupdf", "boto3", "pydantic", "regex", "rapidfuzz")
COUNT = "import sys, json; {code}; print(json.dumps(sorted(sys.modules)))"
HANDLER = "import tilescout.handlers.{name}"
SETTING = {"ROWS_PER_SECOND": "1", "RESULTS_RETENTION_DAYS": "0", "DETECTION_RUN_ARN": "arn"}


def environment(folder: str) -> dict[str, str]:
    """Returns the variables of all functions, with values that nothing is done with."""
    names = {name for spec in SPECS.values() for name in spec.variables}
    settings = dict.fromkeys(names, "unused") | SETTING
    fixed = {"AWS_DEFAULT_REGION": "us-east-1", "LAMBDA_TASK_ROOT": folder,
             "PROFILES_FILE": "profiles.json", "PYTHONPATH": str(ROOT / "lambdas"),
             "POWERTOOLS_METRICS_NAMESPACE": "Tilescout"}  # fmt: skip
    return os.environ | settings | fixed


def measured(code: str, folder: str, repeats: int) -> tuple[float, list[str]]:
    """Returns the least CPU seconds of a process that runs ``code``, and its modules."""
    seconds, loaded = [], ""
    for _ in range(repeats):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-P", "-c", COUNT.format(code=code)]
        done = subprocess.run(
            command, env=environment(folder), check=True, capture_output=True, text=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        loaded = done.stdout
    return min(seconds), json.loads(loaded)


def rows(repeats: int) -> Iterator[dict[str, Any]]:
    """Yields one row per function."""
    with tempfile.TemporaryDirectory() as folder:
        no_profiles = {"profiles": [], "default_profile": "", "prices": {}}
        (Path(folder) / "profiles.json").write_text(json.dumps(no_profiles))
        start, _ = measured("pass", folder, repeats)
        for name in SPECS:
            seconds, loaded = measured(HANDLER.format(name=name), folder, repeats)
            heavy = [package for package in HEAVY if package in loaded]
            yield {"name": name, "seconds": seconds - start, "modules": len(loaded), "heavy": heavy}


def main() -> None:
    """Prints the table of docs/measured.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold_start")
    parser.add_argument("--repeats", type=int, default=5)
    print("| function | CPU s | modules | heavy |\n|---|---|---|---|")
    for row in rows(parser.parse_args().repeats):
        heavy = ", ".join(row["heavy"])
        print(f"| `{row['name']}` | {row['seconds']:.2f} | {row['modules']} | {heavy} |")


if __name__ == "__main__":
    main()
