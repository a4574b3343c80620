"""The runbook on restoring tables, on the embedded AWS: the stack works with the restored ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.local.drawings import drawing
from tests.local.system import Configuration, System, deployed, synthesised
from tilescout.aws.tables import document_table
from tilescout_cli.stack import target
from tilescout_local.deployment.deploy import deploy

pytestmark = pytest.mark.long

TABLES = ("DocumentsTable", "DetectionsTable", "LedgerTable")


def restored(system: System) -> dict[str, str]:
    """Restores the three tables as the runbook says; returns their new names."""
    client = system.aws.client("dynamodb")
    names = {}
    for table in TABLES:
        names[table] = f"{table.lower()}-restored"
        client.restore_table_to_point_in_time(
            SourceTableName=system.stack.outputs[f"{table}Name"],
            TargetTableName=names[table],
            UseLatestRestorableTime=True,
        )
        client.get_waiter("table_exists").wait(TableName=names[table])
    return names


def test_a_stack_goes_on_with_restored_tables(tmp_path: Path) -> None:
    with deployed(tmp_path / "aws", synthesised(tmp_path / "before")) as before:
        done = before.queued(drawing((60, 80, "FV-1023")), "pdf-text")
        before.run("pdf-text")
        before.when(done, "DONE")
        waiting = before.queued(drawing((60, 80, "TT-20")), "pdf-text", "waiting.pdf")
        names = restored(before)

        def use(configuration: Configuration) -> None:
            configuration["settings"]["existing_stores"] = names

        deploy(before.aws, synthesised(tmp_path / "after", use))
        after = System(before.aws, target.of_embedded(before.aws))
        after.turn_schedules("DISABLED")

        assert after.stack.outputs["DocumentsTableName"] == "documentstable-restored"
        assert after.texts(done) == ["FV-1023"]
        after.run("pdf-text")
        assert after.when(waiting, "DONE").detections == 1
        # The table before is kept, and nothing writes to it any more.
        left = document_table.get(before.stack.documents, waiting)
        assert left is not None
        assert left.status == "QUEUED"
