"""The Custom Labels projects that a stack works with."""

from __future__ import annotations

from boto3.dynamodb.conditions import Key

from tilescout.aws.items import from_item
from tilescout.aws.tables import document_table, lease_table
from tilescout.documents import DUE, Document
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.stack import cdk_profiles
from tilescout_cli.stack.target import Stack


def every(stack: Stack) -> list[str]:
    """Returns projects of cdk.json, of leases with a started model, and of due documents."""
    leased = {lease.model for lease in lease_table.every(stack.ledger) if lease.version}
    return sorted(cdk_profiles.model_projects() | leased | _of_documents(stack))


def _of_documents(stack: Stack) -> set[str]:
    rows = (
        row
        for status in DUE
        for row in document_table.query_status(stack.documents, Key("status").eq(status))
        if row.get("kind") == "document"
    )
    profiles = (from_item(Document, row).profile for row in rows)
    return {profile.model_project for profile in profiles if profile.needs_model}


def chosen(stack: Stack, project: str | None) -> str:
    """Returns the named project, or the only one. Raises BadUsage where there is not one."""
    if project:
        return project
    known = every(stack)
    if len(known) == 1:
        return known[0]
    if known:
        raise BadUsage(f"there are the projects {', '.join(known)}; name one with --project")
    raise BadUsage(
        "no profile of cdk.json has a model_project and no model was ever started; name the "
        "Custom Labels project with --project"
    )
