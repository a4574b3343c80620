"""Checks from their files alone that packages import on AWS Lambda; nothing is run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from infra.config.errors import UnfitLayer

PYTHON = (3, 13)
"""The runtime's Python; ``infra.constructs.layer`` names the same."""

UNZIPPED_LIMIT = 262_144_000
"""Bytes of all layers and the function together: the Lambda quota of 250 MB."""

OWN_CODE = 5_000_000
"""Bytes reserved for the function itself, which takes less than a tenth of them."""

GLIBC = (2, 34)
"""The version of Amazon Linux 2023, under Lambda's Python 3.12 and later."""

MACHINES = {"arm64": ("aarch64", 183), "x86_64": ("x86_64", 62)}
"""The architecture's name in wheel tags, and its e_machine in an ELF header."""

_SYMBOL_VERSION = re.compile(rb"GLIBC_(\d+)\.(\d+)")
_MANYLINUX = re.compile(r"manylinux_(\d+)_(\d+)_(.+)")
_ALIASES = {"manylinux2014_": "manylinux_2_17_", "manylinux2010_": "manylinux_2_12_"}


@dataclass(frozen=True, slots=True)
class LayerReport:
    """Figures of a layer: bytes unzipped, native libraries, newest GLIBC symbol, distributions."""

    size: int
    libraries: int
    glibc: tuple[int, int]
    distributions: int


def check_layer(folder: Path, architecture: str) -> LayerReport:
    """Returns the report on ``folder`` (which holds ``python/``) for ``arm64`` or ``x86_64``.

    Raises UnfitLayer where it is empty, too large, of another machine or Python, or needs a
    newer C library than the runtime has.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    tags = [path for path in files if path.name == "WHEEL" and path.match("*.dist-info/WHEEL")]
    if not tags:
        raise UnfitLayer(
            f"a layer holds installed wheels under python/; {folder} holds none; "
            f"run python -m infra.packages.build_layer {architecture}"
        )
    size = sum(path.stat().st_size for path in files)
    if size >= UNZIPPED_LIMIT:
        raise UnfitLayer(
            f"a layer is under {UNZIPPED_LIMIT:,} bytes unzipped; {folder} is {size:,}; "
            "remove a package or prune more of it"
        )
    for path in tags:
        _check_wheel(path, architecture)
    versions = [version for path in files for version in _check_library(path, architecture)]
    libraries = sum(_is_elf(path) for path in files)
    return LayerReport(size, libraries, max(versions, default=(0, 0)), len(tags))


def check_together(reports: list[LayerReport]) -> None:
    """Raises UnfitLayer where layers of one function leave no room for its own code."""
    size = sum(report.size for report in reports) + OWN_CODE
    if size >= UNZIPPED_LIMIT:
        raise UnfitLayer(
            f"the layers and the code of a function are under {UNZIPPED_LIMIT:,} bytes unzipped; "
            f"together they are {size:,}; remove a package or prune more of it"
        )


def _check_wheel(path: Path, architecture: str) -> None:
    tags = re.findall(r"^Tag: (.+)$", path.read_text(), re.MULTILINE)
    if not any(_fits(tag.strip(), architecture) for tag in tags):
        raise UnfitLayer(
            f"a wheel is for CPython {PYTHON[0]}.{PYTHON[1]} on {architecture}; "
            f"{path.parent.name} is {', '.join(tags)}; build the layer anew, pinning a version "
            "that publishes such a wheel"
        )


def _fits(tag: str, architecture: str) -> bool:
    interpreter, abi, platform = tag.split("-")
    is_python = (
        interpreter.startswith("py3")
        or interpreter == f"cp{PYTHON[0]}{PYTHON[1]}"
        or (abi == "abi3" and interpreter.startswith("cp3") and int(interpreter[3:]) <= PYTHON[1])
    )
    return is_python and (platform == "any" or _runs_on(platform, architecture))


def _runs_on(platform: str, architecture: str) -> bool:
    for alias, modern in _ALIASES.items():
        platform = platform.replace(alias, modern)
    match = _MANYLINUX.fullmatch(platform)
    return (
        match is not None
        and (int(match[1]), int(match[2])) <= GLIBC
        and match[3] == MACHINES[architecture][0]
    )


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def _check_library(path: Path, architecture: str) -> list[tuple[int, int]]:
    """Returns the GLIBC symbol versions that a native library names; none for any other file."""
    if not _is_elf(path):
        return []
    content = path.read_bytes()
    machine = int.from_bytes(content[18:20], "little")
    if machine != MACHINES[architecture][1]:
        raise UnfitLayer(
            f"a library of this layer is for {architecture} (ELF machine "
            f"{MACHINES[architecture][1]}); {path.name} is for machine {machine}; "
            f"run python -m infra.packages.build_layer {architecture}"
        )
    versions = [(int(major), int(minor)) for major, minor in _SYMBOL_VERSION.findall(content)]
    if max(versions, default=(0, 0)) > GLIBC:
        needed = ".".join(str(part) for part in max(versions))
        raise UnfitLayer(
            f"the runtime has glibc {GLIBC[0]}.{GLIBC[1]}; {path.name} needs {needed}; "
            "pin an older version of its package"
        )
    return versions
