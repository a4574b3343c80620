"""`tilescout upload`: PDFs are tiled at once and detected by the next run."""

from __future__ import annotations

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import Json, Local, Pages, Pdfs, ProfileName, StackName, example

app = command_app()


@app.command("upload", epilog=example("tilescout upload plans/*.pdf --profile text"))
def upload(
    pdfs: Pdfs,
    profile: ProfileName = None,
    pages: Pages = "",
    local: Local = False,
    stack: StackName = None,
    as_json: Json = False,
) -> None:
    """Upload PDFs; they are checked and tiled at once, and detected by the next run."""
    from tilescout_cli.deployment import local_stack
    from tilescout_cli.documents import uploads
    from tilescout_cli.stack import cdk_profiles, paths, target

    chosen = cdk_profiles.read().named(profile)
    pages = uploads.check_pages(pages)
    files = uploads.usable(pdfs)
    if local:
        local_stack.check_configuration(paths.embedded_home())
    uploads.upload_all(
        target.find(local=local, stack=stack), files, profile=chosen.name, pages=pages,
        as_json=as_json,
    )  # fmt: skip
