"""Synthesises the stack: ``python -m infra.app [--output FOLDER]``, from the repository's root.

The cloud assembly goes to FOLDER, else to ``$CDK_OUTDIR`` (set by the CDK command line), else to
``cdk.out``. Settings and profiles are read from ``cdk.json``. Nothing is looked up: it needs
neither an AWS account nor a network nor Docker. ``build/`` receives the staged assets.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import infra.node  # noqa: F401  (chooses the Node that aws_cdk starts)

# isort: split
from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from infra.config.errors import BadConfiguration
from infra.config.stack_config import parse_config, read_context
from infra.stack import TilescoutStack

ROOT = Path(__file__).resolve().parent.parent


def synthesise(
    *,
    outdir: str,
    build: Path,
    sources: Path = ROOT,
    configuration: Path | None = None,
    local: bool = False,
) -> Path:
    """Returns the folder of the cloud assembly; findings of cdk-nag stop the synthesis.

    ``configuration`` is the folder of ``cdk.json``, ``sources`` where it is not given. For an
    embedded AWS, ``local``, settings that name things of an account are left out.
    """
    context = read_context(configuration or sources)
    config = parse_config(context)
    config = config.on_this_machine() if local else config
    app = App(context=context, outdir=outdir)
    TilescoutStack(app, "Tilescout", config=config, sources=sources, build=build)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return Path(app.synth().directory)


def main(arguments: Sequence[str] | None = None, *, sources: Path = ROOT) -> None:
    """Synthesises, or exits with one message where ``cdk.json`` breaks a rule."""
    parser = argparse.ArgumentParser(prog="python -m infra.app", description=__doc__)
    parser.add_argument("--output", default=os.environ.get("CDK_OUTDIR", "cdk.out"))
    parser.add_argument("--configuration", type=Path, default=sources, help="folder of cdk.json")
    parser.add_argument("--local", action="store_true", help="for an embedded AWS")
    parser.add_argument("--build", type=Path, default=sources / "build", help="folder of assets")
    given = parser.parse_args(arguments)
    try:
        folder = synthesise(
            outdir=given.output,
            build=given.build,
            sources=sources,
            configuration=given.configuration,
            local=given.local,
        )
    except BadConfiguration as error:
        sys.exit(str(error))
    print(f"The cloud assembly is in {folder}", file=sys.stderr)


if __name__ == "__main__":
    main()
