"""The Lambda runner: context, errors, limits and logs of AWS."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.local.contract import Call, eventually, is_running
from tilescout_local.embedded_aws import EmbeddedAws
from tilescout_local.functions.log import peak_memory


def test_a_function_sees_its_context_environment_and_code(call: Call) -> None:
    _, answer = call("Echo", {"a": [1]})
    assert answer["event"] == {"a": [1]}
    assert (answer["memory"], answer["colour"]) == ("256", "grey")
    assert 25_000 < answer["remaining"] <= 30_000
    assert answer["arn"].endswith(f"function:{answer['function_name']}")
    assert (Path(answer["task_root"]) / "probe.py").exists()


def test_a_warm_process_serves_the_next_invocation(call: Call) -> None:
    assert call("Echo", 1)[1]["pid"] == call("Echo", 2)[1]["pid"]


def least_seconds(act: Callable[[], object]) -> float:
    """Returns the smallest of several times, as other work on the machine only adds to them."""
    times = []
    for _ in range(5):
        started = time.perf_counter()
        act()
        times.append(time.perf_counter() - started)
    return min(times)


def test_a_warm_invocation_takes_less_than_a_start_of_python_with_boto3(call: Call) -> None:
    call("Echo", 0)
    command = [sys.executable, "-c", "import boto3"]
    assert least_seconds(lambda: call("Echo", 1)) < least_seconds(
        lambda: subprocess.run(command, check=True)
    )


def test_a_raised_class_is_the_error_type(call: Call) -> None:
    error, answer = call("Fail")
    assert error == "Unhandled"
    assert (answer["errorType"], answer["errorMessage"]) == ("OutOfPaper", "tray 2 is empty")
    assert "in fail" in answer["stackTrace"][-1]


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        ("Missing", "Runtime.HandlerNotFound"),
        ("Leave", "Runtime.ExitError"),
        ("Oversized", "Function.ResponseSizeTooLarge"),
        ("NotJson", "Runtime.MarshalError"),
    ],
)
def test_the_runtime_names_its_own_errors(call: Call, function: str, kind: str) -> None:
    error, answer = call(function)
    assert (error, answer["errorType"]) == ("Unhandled", kind)


def test_a_time_out_kills_the_process_its_child_and_its_stray(call: Call, tmp_path: Path) -> None:
    error, answer = call("Hang", {"pids": str(tmp_path / "pids")})
    assert (error, answer["errorType"]) == ("Unhandled", "Sandbox.Timedout")
    assert answer["errorMessage"].endswith("Task timed out after 1.00 seconds")
    pids = json.loads((tmp_path / "pids").read_text())
    assert len(pids) == 3
    eventually(lambda: not any(is_running(pid) for pid in pids))


def test_the_report_line_tells_the_measured_peak(
    embedded_aws: EmbeddedAws, probes: dict[str, str], call: Call
) -> None:
    call("Grow", {"megabytes": 80})
    peak, limit = peak_memory(embedded_aws.home)[probes["Grow"]]
    assert limit == 256
    assert 90 < peak < 250


def test_the_log_holds_start_output_end_and_report(
    embedded_aws: EmbeddedAws, probes: dict[str, str], call: Call
) -> None:
    request = call("Echo", 1)[1]["request_id"]
    log = (embedded_aws.home / "logs" / f"{probes['Echo']}.log").read_text()
    own = log[log.index(f"START RequestId: {request}") :]
    assert re.match(
        rf"START RequestId: {request} Version: \$LATEST\nechoing\nEND RequestId: {request}\n"
        rf"REPORT RequestId: {request}\tDuration: [\d.]+ ms\t",
        own,
    )
