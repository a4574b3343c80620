"""Builds the layers of third-party packages.

    python -m infra.packages.build_layer [arm64|x86_64]

Without an architecture it builds for the one that ``cdk.json`` names, and always with the renderer
that it names. Needs pip and a package index, no
Docker. With ``--check`` it only checks what is built. Versions come from ``constraints.txt``.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from infra.config.errors import BadConfiguration, UnfitLayer
from infra.config.stack_config import parse_config, read_context
from infra.packages.check_layer import MACHINES, PYTHON, LayerReport, check_layer, check_together

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("aws-lambda-powertools", "numpy", "pillow", "pydantic", "regex")
"""The packages of the first layer but for the renderer; the runtime brings boto3."""
ONNX_PACKAGES = ("onnxruntime",)
"""The package without its dependencies: it needs numpy alone, which the other layer has. Versions
before microsoft/onnxruntime#28230 of 2026 end at import on arm64 Lambda, which hides
/sys/devices/system/cpu; constraints.txt pins a later one."""
LAYERS = {
    "layer": (*PACKAGES, "pymupdf"),
    "layer-pdfium": (*PACKAGES, "pikepdf", "pypdfium2"),
    "onnx-layer": ONNX_PACKAGES,
}
"""Packages by their folder under build/; a function has the one of the setting ``renderer``, and
where it needs it the last."""

VERSION = f"{PYTHON[0]}.{PYTHON[1]}"
PRUNED = {"tests", "mupdf-devel", "bin", "__pycache__"}
PRUNED_OF_ONNX = {"transformers", "quantization", "tools", "datasets", "backend"}
"""Folders that export and compress models; a function only runs them."""


def build_layer(
    *, architecture: str, target: Path, constraints: Path, name: str = "layer"
) -> LayerReport:
    """Installs, prunes, compiles and checks the packages of layer ``name`` under ``target``/python.

    Raises UnfitLayer where the result would not run on Lambda, CalledProcessError where pip fails.
    """
    shutil.rmtree(target, ignore_errors=True)
    _install(target / "python", architecture, constraints, name)
    for folder in sorted(target.rglob("*")):
        of_onnx = folder.parent.name == "onnxruntime" and folder.name in PRUNED_OF_ONNX
        if folder.is_dir() and (folder.name in PRUNED or of_onnx):
            shutil.rmtree(folder)
    _compile(target)
    return check_layer(target, architecture)


def _install(target: Path, architecture: str, constraints: Path, name: str) -> None:
    machine = MACHINES[architecture][0]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # manylinux2014 alone would resolve to old versions: wheels moved on to 2_28.
    command += ["--platform", f"manylinux_2_28_{machine}", "--platform", f"manylinux2014_{machine}"]
    command += ["--only-binary=:all:", "--implementation", "cp", "--python-version", VERSION]
    command += ["--no-compile", "--target", str(target), "--constraint", str(constraints)]
    if name == "onnx-layer":
        command.append("--no-deps")
    subprocess.run([*command, *LAYERS[name]], check=True)


def _compile(target: Path) -> None:
    """Compiles the packages: /opt is read-only, so a cold start would compile every module again.

    Hashes are unchecked, because the date of a file does not survive packing.
    """
    python = _python()
    if python is None:
        print(
            f"No Python {VERSION} on PATH: the layer has no byte code, cold starts are slower.",
            file=sys.stderr,
        )
        return
    options = [
        "-q",
        "-j0",
        "--invalidation-mode",
        "unchecked-hash",
        "-s",
        str(target),
        "-p",
        "/opt",
    ]
    subprocess.run([python, "-m", "compileall", *options, str(target)], check=True)


def _python() -> str | None:
    """Returns an interpreter of the runtime's version, for byte code fits one version only."""
    for name in (sys.executable, f"python{VERSION}"):
        path = shutil.which(name)
        if path is None:
            continue
        version = subprocess.run([path, "-V"], capture_output=True, text=True, check=False)
        if version.stdout.startswith(f"Python {VERSION}."):
            return path
    return None


def main() -> None:
    """Prints a line of figures per layer, or exits with a message that tells what to do."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.packages.build_layer", description=__doc__
    )
    parser.add_argument("architecture", nargs="?", choices=sorted(MACHINES))
    parser.add_argument("--check", action="store_true", help="check what is built, build nothing")
    arguments = parser.parse_args()
    try:
        settings = parse_config(read_context(ROOT)).settings
        architecture = arguments.architecture or settings.architecture
        reports = {
            name: _report(name, architecture, only_check=arguments.check)
            for name in (settings.layer, "onnx-layer")
        }
        check_together(list(reports.values()))
    except (BadConfiguration, UnfitLayer) as error:
        sys.exit(str(error))
    except subprocess.CalledProcessError as error:
        sys.exit(
            f"the layer is not built; {error.cmd[2]} failed (its message is above); see that "
            "pip is installed and reaches a package index"
        )
    for name, report in reports.items():
        print(
            f"{ROOT / 'build' / name / architecture}: {report.size / 1e6:.1f} MB unzipped, "
            f"{report.distributions} packages, {report.libraries} native libraries, "
            f"glibc {report.glibc[0]}.{report.glibc[1]}"
        )


def _report(name: str, architecture: str, *, only_check: bool) -> LayerReport:
    target = ROOT / "build" / name / architecture
    if only_check:
        return check_layer(target, architecture)
    return build_layer(
        architecture=architecture,
        target=target,
        constraints=ROOT / "constraints.txt",
        name=name,
    )


if __name__ == "__main__":
    main()
