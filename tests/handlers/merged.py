"""Documents whose tiles are answered, and what merging leaves of them."""

from __future__ import annotations

import json
from typing import Any

from tests.handlers.account import Account
from tests.handlers.between import crash_at, detector
from tests.handlers.runs import Run, answers, queued


def answered(account: Account, document: str, pages: int = 1, *, execution: str = "one") -> Run:
    """A run in which every tile of the document has its answer, and nothing is merged."""
    run = Run(account, execution=execution).open()
    with detector(answers):
        for page in range(1, pages + 1):
            hints = [run.hint(document, page, number) for number in (0, 1)]
            account.deliver("detect_tile", *hints)
    return run


def everything(account: Account) -> list[Any]:
    """What a reader can see, without the time."""
    rows = [
        {name: value for name, value in row.items() if name != "made_at"}
        for row in account.detections.scan()["Items"]
    ]
    return sorted(rows, key=lambda row: (row["result_id"], row["sort"]))


def file_of(account: Account, result: str) -> dict[str, Any]:
    key = f"results/{result}/detections.json"
    body = account.s3.get_object(Bucket="results-bucket", Key=key)["Body"].read()
    found: dict[str, Any] = json.loads(body)
    return found


def expiring(account: Account, document: str) -> set[bool]:
    """Whether the document's rows in the ledger have an end."""
    return {
        "expire_at" in row
        for row in account.ledger.scan()["Items"]
        if document in row["pk"] and "#" in row["pk"] and not row["pk"].startswith("RUN#")
    }


def sets_in(account: Account) -> set[str]:
    """Result sets that have a file."""
    return {name.split("/")[1] for name in account.objects("results-bucket")}


def call_of(account: Account, name: str, hint: str) -> int:
    """The number of the last such call in an undisturbed merge of a second, equal document."""
    twin = queued(account, key="incoming/text/twin.pdf")
    run = Run(account, execution="one")
    run.step("OpenRun")
    run.step("DetectTiles")
    with detector(answers):
        account.deliver("detect_tile", run.hint(twin, 1, 0), run.hint(twin, 1, 1))
    with crash_at(1000) as calls:
        account.deliver("merge_page", run.merge_hint(twin))
    return len(calls) - calls[::-1].index(name)
