"""The embedded AWS that a person starts, used by a foreign client: the `aws` command."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from tests.local.contract import eventually
from tests.local.drawings import drawing
from tests.local.system import PATIENCE, ROOT, command, tilescout


@dataclass(frozen=True)
class Started:
    """The output of `tilescout local up`, and the folder in which it was run."""

    facts: dict[str, Any]
    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def output(self, name: str) -> str:
        return str(self.facts["outputs"][name])

    def aws(self, *arguments: str) -> str:
        """Returns what the `aws` command prints."""
        done = command(
            "aws", "--endpoint-url", str(self.facts["endpoint_url"]), *arguments,
            cwd=self.folder, AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test",
            AWS_DEFAULT_REGION="us-east-1", AWS_CONFIG_FILE=os.devnull,
            AWS_SHARED_CREDENTIALS_FILE=os.devnull, AWS_PAGER="",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def rows(self, table: str, condition: str, values: dict[str, str], *index: str) -> list[Any]:
        """Returns the items that `aws dynamodb query` finds, as DynamoDB writes them."""
        typed = {name: {"S": value} for name, value in values.items()}
        answer = self.aws(
            "dynamodb", "query", "--table-name", self.output(table), *index,
            "--key-condition-expression", condition,
            "--expression-attribute-values", json.dumps(typed),
        )  # fmt: skip
        items: list[Any] = json.loads(answer)["Items"]
        return items

    def document(self, key: str) -> dict[str, Any]:
        """Returns the document of a key, or an empty one."""
        source = f"{self.output('DocumentsBucketName')}/{key}"
        index = ("--index-name", "by_source")
        rows = self.rows("DocumentsTableName", "source_key = :k", {":k": source}, *index)
        return dict(rows[0]) if rows else {"status": {"S": ""}}


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    folder = tmp_path_factory.mktemp("clients")
    try:
        up = tilescout("local", "up", "--json", cwd=folder)
        assert up.returncode == 0, up.stderr
        yield Started(json.loads(up.stdout), folder)
    finally:
        tilescout("local", "down", cwd=folder)


def processes_of(home: Path) -> set[int]:
    """Returns the processes whose command line, folder or environment names the embedded AWS's
    home."""
    own = str(home).encode()
    return {
        int(process.name)
        for process in Path("/proc").iterdir()
        if process.name.isdigit() and int(process.name) != os.getpid() and _names(process, own)
    }


def _names(process: Path, folder: bytes) -> bool:
    try:
        words = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        return folder in words or folder in str((process / "cwd").readlink()).encode()
    except OSError:
        return False


def test_the_aws_command_uploads_starts_a_run_and_reads_the_result(started: Started) -> None:
    (started.folder / "plan.pdf").write_bytes(drawing((60, 80, "FV-1023"), (60, 160, "TT-20")))
    key = "incoming/pdf-text/plant 7/plan.pdf"
    bucket = started.output("DocumentsBucketName")
    started.aws("s3", "cp", "plan.pdf", f"s3://{bucket}/{key}")
    eventually(lambda: started.document(key)["status"]["S"] == "QUEUED", PATIENCE)
    execution = started.aws(
        "stepfunctions", "start-execution",
        "--state-machine-arn", started.output("DetectionRunArn"),
        "--input", '{"model": "pdf-text"}', "--query", "executionArn", "--output", "text",
    )  # fmt: skip
    ending = ("--execution-arn", execution, "--query", "status", "--output", "text")
    describe = ("stepfunctions", "describe-execution", *ending)
    eventually(lambda: started.aws(*describe) != "RUNNING", PATIENCE)
    assert started.aws(*describe) == "SUCCEEDED"
    document = started.document(key)
    result = document["result_id"]["S"]
    assert document["status"] == {"S": "DONE"}
    rows = started.rows("DetectionsTableName", "result_id = :r", {":r": result})
    assert sorted(row["text"]["S"] for row in rows) == ["FV-1023", "TT-20"]
    system = f"s3://{started.output('ResultsBucketName')}/results/{result}/detections.json"
    assert len(json.loads(started.aws("s3", "cp", system, "-"))["detections"]) == 2


def test_the_aws_command_finds_a_text_over_all_documents(started: Started) -> None:
    rows = started.rows(
        "DetectionsTableName",
        "text_prefix = :p AND begins_with(text_key, :t)",
        {":p": "FV", ":t": "FV-1023#"},
        "--index-name",
        "by_text",
    )
    assert [row["page"]["N"] for row in rows] == ["1"]


def test_a_document_and_its_run_are_evaluated_by_their_ids(started: Started) -> None:
    document = started.document("incoming/pdf-text/plant 7/plan.pdf")
    for name in (document["id"]["S"][:8], document["run_id"]["S"][:8]):
        found = tilescout(
            "evaluate", "text", name, "--local", "--truth", "plan.pdf", "--text-layer", "--json",
            cwd=started.folder,
        )  # fmt: skip
        assert found.returncode == 0, found.stderr
        report = json.loads(found.stdout)
        assert report["figures"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "cer": 0.0}
        assert list(report["pages"]) == ["plan.pdf p1"]


@contextmanager
def viewed(started: Started) -> Iterator[httpx.Client]:
    """The viewer of the embedded AWS's documents, as `tilescout view --local` serves it."""
    arguments = [sys.executable, "-m", "tilescout_cli", "view", "--local", "--no-browser"]
    paths = os.pathsep.join(str(ROOT / folder) for folder in ("cli", "lambdas"))
    own = {
        "PYTHONPATH": paths,
        "TILESCOUT_HOME": str(started.home),
        "XDG_CACHE_HOME": str(started.folder),
    }
    process = subprocess.Popen(
        [*arguments, "--reviewer", "ann"], cwd=started.folder, env=os.environ | own,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        address = next(line for line in process.stdout if "http" in line).split()[-1]
        origin = address.partition("/?")[0]
        with httpx.Client(base_url=origin, headers={"origin": origin}, timeout=60) as client:
            client.get(address)
            yield client
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def test_the_viewer_shows_and_corrects_what_the_embedded_aws_found(started: Started) -> None:
    with viewed(started) as viewer:
        (document,) = viewer.get("/api/documents").json()["documents"]
        assert (document["name"], document["detections"]) == ("plan.pdf", 2)
        path = f"/api/documents/{document['id']}"
        opened = viewer.get(path).json()
        (tag,) = [each for each in opened["detections"] if each["text"] == "TT-20"]
        edit = {"id": tag["id"], "version": 0, "text": "TT-200"}
        saved = viewer.post(f"{path}/edits", json={"group": "correction-1", "edits": [edit]})
        assert saved.status_code == 200, saved.text
        tile = viewer.get(f"{path}/pages/1/tiles/8/0/0?layers=own")
        assert tile.headers["content-type"] in ("image/png", "image/jpeg")
    told = tilescout("results", document["id"], "--local", "--json", cwd=started.folder)
    assert told.returncode == 0, told.stderr
    assert sorted(each["text"] for each in json.loads(told.stdout)) == [
        "FV-1023", "TT-200"
    ]  # fmt: skip


def commands_of(page: str) -> str:
    """Returns all shell blocks of a page of docs/, one after the other."""
    text = (ROOT / "docs" / page).read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return "\n".join(["set -e -o pipefail", *blocks])


@pytest.mark.long
def test_the_commands_of_the_page_on_queries_find_what_they_say(started: Started) -> None:
    key = "incoming/tags/plant-7/drawing.pdf"
    (started.folder / "tag.pdf").write_bytes(drawing((60, 80, "FV-1023"), (60, 160, "HS-200")))
    started.aws("s3", "cp", "tag.pdf", f"s3://{started.output('DocumentsBucketName')}/{key}")
    eventually(lambda: started.document(key)["status"]["S"] == "QUEUED", PATIENCE)
    run = tilescout("start", "--local", "--model", "textract", cwd=started.folder)
    assert run.returncode == 0, run.stderr
    eventually(lambda: started.document(key)["status"]["S"] == "DONE", PATIENCE)
    document = started.document(key)
    own, result = document["id"]["S"], document["result_id"]["S"]
    script = commands_of("query.md").partition("aws events")[0]
    port = str(started.facts["endpoint_url"]).rpartition(":")[2]
    for placeholder, value in {"port": port, "document id": own, "result id": result}.items():
        script = script.replace(f"<{placeholder}>", value)
    done = command("bash", "-c", script, cwd=started.folder, AWS_CONFIG_FILE=os.devnull)
    assert done.returncode == 0, done.stderr
    assert f"{own}\tDONE\t{result}" in done.stdout
    assert re.search(r"1\tinstrument\tFV-1023\t\d", done.stdout)
    assert re.search(rf"{key}\t1\t{result}\t\d", done.stdout)
    assert re.search(rf"{key}\t1\tHS-200\t{result}", done.stdout)
    assert '"detections": [' in done.stdout


def test_the_doctor_finds_nothing_wrong_here(started: Started) -> None:
    told = tilescout("doctor", "--local", "--json", cwd=started.folder)
    assert told.returncode == 0, told.stdout
    levels = {check["name"]: check["level"] for check in json.loads(told.stdout)}
    assert set(levels.values()) == {"ok"}
    assert {"functions", "queues", "guard", "schedules", "encryption"} <= set(levels)


@pytest.mark.long
@pytest.mark.parametrize("profile", ["pdf-text", "tags"])
def test_a_smoke_test_passes_and_leaves_nothing(started: Started, profile: str) -> None:
    told = tilescout("smoke", "--local", "--profile", profile, "--json", cwd=started.folder)
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["missing"] == []
    prefix = f"incoming/{profile}/"
    left = tilescout("forget", "--local", "--prefix", prefix, "--dry-run", cwd=started.folder)
    assert "smoke_test.pdf" not in left.stdout


@pytest.mark.long
def test_a_document_is_forgotten_with_all_that_was_made_of_it(started: Started) -> None:
    (started.folder / "gone.pdf").write_bytes(drawing((60, 80, "ZZ-9999"), (60, 160, "ZZ-9998")))
    done = tilescout("detect", "--local", "--profile", "pdf-text", "gone.pdf", cwd=started.folder)
    assert done.returncode == 0, done.stderr
    forgot = tilescout("forget", "--local", "gone.pdf", "--yes", "--json", cwd=started.folder)
    assert forgot.returncode == 0, forgot.stderr
    (removed,) = json.loads(forgot.stdout)
    assert (removed["removed"], removed["found"]["detections"]) == (True, 2)
    names = ("DocumentsTableName", "DetectionsTableName", "LedgerTableName")
    for table in map(started.output, names):
        rows = started.aws("dynamodb", "scan", "--table-name", table, "--output", "text")
        assert removed["documents"][0] not in rows
        assert "ZZ-999" not in rows


def test_up_again_is_the_same_one(started: Started) -> None:
    again = tilescout("local", "up", "--json", cwd=started.folder)
    assert json.loads(again.stdout) == started.facts


def test_status_tells_where_it_runs(started: Started) -> None:
    status = tilescout("local", "status", cwd=started.folder)
    assert status.returncode == 0
    assert f"running at {started.facts['endpoint_url']}" in status.stdout


def test_down_leaves_no_process_and_no_stack(started: Started) -> None:
    assert started.facts["pid"] in processes_of(started.home)
    down = tilescout("local", "down", cwd=started.folder)
    assert (down.returncode, down.stdout) == (0, "stopped\n")
    assert processes_of(started.home) == set()
    status = tilescout("local", "status", "--json", cwd=started.folder)
    assert json.loads(status.stdout)["running"] is False
    again = tilescout("local", "down", cwd=started.folder)
    assert again.stdout == "no embedded AWS was running\n"
