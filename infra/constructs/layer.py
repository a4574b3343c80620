"""The layers of third-party packages, built by ``python -m infra.packages.build_layer``."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import Annotations, RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

RUNTIME = lambda_.Runtime.PYTHON_3_13
ARCHITECTURES = {
    "arm64": lambda_.Architecture.ARM_64,
    "x86_64": lambda_.Architecture.X86_64,
}


class Layer(Construct):
    """Takes ``build/<name>/<architecture>``; a placeholder, with a warning, where it is not built.

    Synth needs no packages. A deployment does: ``cdk deploy --strict`` refuses the warning.
    """

    def __init__(
        self, scope: Construct, id_: str, *, build: Path, architecture: str, name: str = "layer"
    ) -> None:
        super().__init__(scope, id_)
        folder = build / name / architecture
        if not (folder / "python").is_dir():
            folder = self._placeholder(build, architecture, name)
        self.architecture = ARCHITECTURES[architecture]
        self.version = lambda_.LayerVersion(
            self,
            "Packages",
            code=lambda_.Code.from_asset(str(folder)),
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[self.architecture],
            # A version in use may not go before the functions of a rolled-back deployment.
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _placeholder(self, build: Path, architecture: str, name: str) -> Path:
        folder = build / f"{name}-placeholder" / architecture
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "README").write_text(
            f"Run: python -m infra.packages.build_layer {architecture}\n"
        )
        Annotations.of(self).add_warning_v2(
            "tilescout:placeholder-layer",
            f"The {name} for {architecture} is not built: functions would fail at import. "
            f"Before deploying, run: python -m infra.packages.build_layer {architecture}",
        )
        return folder
