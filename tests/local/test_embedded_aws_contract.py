"""The process of the embedded AWS: where it listens, who it is, and that nothing outlives it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.local.contract import Client, eventually, is_running
from tests.local.contract_assembly import write_assembly
from tilescout_local.embedded_aws import EmbeddedAws, find_running, start
from tilescout_local.emulator import install
from tilescout_local.errors import StartFailed, WrongEmulatorVersion


def test_it_listens_on_the_loopback_only(embedded_aws: EmbeddedAws) -> None:
    sockets = {
        f"socket:[{line.split()[9]}]": line.split()[1].rpartition(":")[0]
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
        if line.split()[3] == "0A"
    }
    links = [str(file.readlink()) for file in Path(f"/proc/{embedded_aws.pid}/fd").iterdir()]
    assert [sockets[link] for link in links if link in sockets] == ["0100007F"]


def test_the_account_is_zeros(client: Client) -> None:
    assert client("sts").get_caller_identity()["Account"] == "000000000000"


OWNER = """
import sys, time
from pathlib import Path
from tilescout_local.deployment.deploy import deploy
from tilescout_local.embedded_aws import start
aws = start(Path(sys.argv[1]))
outputs = deploy(aws, Path(sys.argv[2]))["Contract"]
answer = aws.client("lambda").invoke(FunctionName=outputs["Echo"], Payload="1")["Payload"].read()
aws.client("lambda").invoke(FunctionName=outputs["Linger"], InvocationType="Event",
                            Payload='{"pids": "' + sys.argv[3] + '"}')
while not Path(sys.argv[3]).exists():
    time.sleep(0.01)
print(aws.pid, answer.decode(), flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("victim", ["owner", "server"])
def test_everything_ends_with_the_process_that_started_it(tmp_path: Path, victim: str) -> None:
    assembly = write_assembly(tmp_path / "assembly")
    arguments = [str(tmp_path / "home"), str(assembly), str(tmp_path / "pids")]
    packages = os.pathsep.join(str(path) for path in (Path(install.__file__).parents[2],))
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, *arguments],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": packages},
    ) as owner:
        assert owner.stdout is not None
        try:
            server, _, answer = owner.stdout.readline().decode().partition(" ")
            lingering = json.loads((tmp_path / "pids").read_text())
            everything = [int(server), json.loads(answer)["pid"], *lingering]
            assert all(is_running(pid) for pid in everything)
            os.kill(owner.pid if victim == "owner" else int(server), signal.SIGKILL)
            eventually(lambda: not any(is_running(pid) for pid in everything), 5)
        finally:
            owner.kill()
    assert find_running(tmp_path / "home") is None


def test_one_left_running_is_found_and_a_second_in_its_home_is_refused(tmp_path: Path) -> None:
    with start(tmp_path, leave_running=True) as first:
        found = find_running(tmp_path)
        with pytest.raises(StartFailed, match="running in"):
            start(tmp_path)
        assert found == first
        found.stop()
    assert find_running(tmp_path) is None
    assert not is_running(first.pid)


def test_a_server_that_is_too_busy_to_end_itself_is_stopped(tmp_path: Path) -> None:
    server = start(tmp_path)
    os.kill(server.pid, signal.SIGSTOP)
    server.stop()
    assert find_running(tmp_path) is None
    assert not is_running(server.pid)


def test_another_version_of_the_emulator_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "MINISTACK_VERSION", "1.5.34")
    with pytest.raises(WrongEmulatorVersion, match=r"needs ministack 1\.5\.34, found 1\.5\.33"):
        install.check_version()
