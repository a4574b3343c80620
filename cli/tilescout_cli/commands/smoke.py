"""`tilescout smoke`: proves that a stack works, with a tiny drawing that is removed again."""

from __future__ import annotations

from typing import Annotated

import typer

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import Json, Local, StackName, example

SECONDS_PER_MINUTE = 60

SampleProfile = Annotated[
    str | None,
    typer.Option(
        "--profile", metavar="P", help="A profile of cdk.json.",
        show_default="one that costs nothing, else the default",
    ),
]  # fmt: skip
Timeout = Annotated[
    float, typer.Option("--timeout", metavar="MIN", min=0.1, help="Minutes to wait.")
]
app = command_app()


@app.command("smoke", epilog=example("tilescout smoke --profile text"))
def smoke(
    profile: SampleProfile = None,
    timeout: Timeout = 10.0,
    local: Local = False,
    stack: StackName = None,
    as_json: Json = False,
) -> None:
    """Send a tiny drawing through the stack, check what is found, and remove it again.

    Textract is asked once ($0.0015) with a profile of it, and a model is started with one that
    needs it: give such a profile a --timeout of 60. Ctrl-C removes the sample, too.
    """
    from tilescout_cli.runs import smoke_test

    chosen = smoke_test.chosen_profile(profile)
    smoke_test.smoke(
        chosen, local=local, stack=stack, seconds=timeout * SECONDS_PER_MINUTE, as_json=as_json
    )
