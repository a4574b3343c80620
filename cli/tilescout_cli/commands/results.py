"""`tilescout results`: detections by document, label, text, page, confidence or region."""

from __future__ import annotations

from typing import Annotated

import typer

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import DocumentName, Json, Local, StackName, example

Label = Annotated[
    str, typer.Option("--label", metavar="L", help="Only this label.", show_default=False)
]
Text = Annotated[
    str,
    typer.Option(
        "--text", metavar="T", help="Exactly this text, or a beginning: 'FV-*'.", show_default=False
    ),
]
Page = Annotated[
    int | None,
    typer.Option("--page", metavar="N", min=1, help="Only this page.", show_default=False),
]
MinConfidence = Annotated[
    float,
    typer.Option("--min-confidence", metavar="C", min=0, max=100, help="0 to 100."),
]
RegionText = Annotated[
    str,
    typer.Option(
        "--region",
        metavar="l,t,r,b",
        help="Only boxes with their centre in it, in points.",
        show_default=False,
    ),
]
Count = Annotated[bool, typer.Option("--count", help="Print only the number of detections.")]
app = command_app()


@app.command("results", epilog=example("tilescout results --text 'FV-*' --min-confidence 80"))
def results(
    document: DocumentName = None,
    label: Label = "",
    text: Text = "",
    page: Page = None,
    min_confidence: MinConfidence = 0.0,
    region: RegionText = "",
    count: Count = False,
    local: Local = False,
    stack: StackName = None,
    as_json: Json = False,
) -> None:
    """Show detections of a document, or by --label or --text those of all documents."""
    from tilescout_cli.documents import queries
    from tilescout_cli.documents.queries import Query
    from tilescout_cli.stack import target

    query = Query(
        label=label,
        text=text,
        page=page or 0,
        min_confidence=min_confidence,
        region=queries.parse_region(region) if region else None,
    )
    deployed = target.find(local=local, stack=stack)
    one = queries.selected(deployed, document)
    rows = queries.run(deployed, query, one)
    queries.show(rows, only_count=count, with_document=one is None, as_json=as_json)
