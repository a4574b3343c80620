"""A layer that would not import on Lambda is refused before it is deployed."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.config.errors import UnfitLayer
from infra.constructs.layer import RUNTIME
from infra.packages import check_layer as subject
from infra.packages.build_layer import LAYERS
from infra.packages.check_layer import LayerReport, check_layer, check_together

AARCH64 = 183
X86_64 = 62


def _library(machine: int, *symbols: bytes) -> bytes:
    """The head of a 64-bit little-endian ELF file, and the names that a linker would look for."""
    head = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00" + machine.to_bytes(2, "little")
    return head + bytes(44) + b"\x00".join((b"", *symbols, b""))


def _wheel(folder: Path, name: str, *tags: str) -> None:
    info = folder / "python" / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "WHEEL").write_text("Wheel-Version: 1.0\n" + "".join(f"Tag: {tag}\n" for tag in tags))


def _layer(folder: Path, library: bytes, tag: str = "cp313-cp313-manylinux_2_28_aarch64") -> Path:
    _wheel(folder, "numpy", tag)
    (folder / "python" / "core.so").write_bytes(library)
    return folder


def test_a_fit_layer_is_reported(tmp_path: Path) -> None:
    library = _library(AARCH64, b"GLIBC_2.17", b"GLIBC_2.28", b"GLIBC_2.4")
    layer = _layer(tmp_path, library)
    (layer / "python" / "pure.py").write_text("GLIBC_2.99 = 1\n")
    tag = b"Wheel-Version: 1.0\nTag: cp313-cp313-manylinux_2_28_aarch64\n"
    assert check_layer(layer, "arm64") == LayerReport(
        size=len(library) + len(tag) + 15, libraries=1, glibc=(2, 28), distributions=1
    )


def test_a_library_of_another_machine_is_refused(tmp_path: Path) -> None:
    layer = _layer(tmp_path, _library(X86_64))
    with pytest.raises(
        UnfitLayer, match=r"for arm64 \(ELF machine 183\); core.so is for machine 62"
    ):
        check_layer(layer, "arm64")


def test_a_library_that_needs_a_newer_c_library_is_refused(tmp_path: Path) -> None:
    layer = _layer(tmp_path, _library(AARCH64, b"GLIBC_2.17", b"GLIBC_2.35"))
    with pytest.raises(UnfitLayer, match=r"has glibc 2\.34; core\.so needs 2\.35"):
        check_layer(layer, "arm64")


def test_the_runtime_s_own_c_library_is_enough(tmp_path: Path) -> None:
    layer = _layer(tmp_path, _library(AARCH64, b"GLIBC_2.34"))
    assert check_layer(layer, "arm64").glibc == (2, 34)


@pytest.mark.parametrize(
    "tag",
    [
        "py3-none-any",
        "cp313-cp313-manylinux_2_28_aarch64",
        "cp310-abi3-manylinux_2_28_aarch64",
        "cp313-cp313-manylinux2014_aarch64",
        "py3-none-manylinux_2_17_aarch64",
    ],
)
def test_a_wheel_for_this_python_and_machine_is_taken(tmp_path: Path, tag: str) -> None:
    assert check_layer(_layer(tmp_path, _library(AARCH64), tag), "arm64").distributions == 1


@pytest.mark.parametrize(
    "tag",
    [
        "cp312-cp312-manylinux_2_28_aarch64",
        "cp314-abi3-manylinux_2_28_aarch64",
        "cp313-cp313-manylinux_2_28_x86_64",
        "cp313-cp313-manylinux_2_39_aarch64",
        "cp313-cp313-musllinux_1_2_aarch64",
        "cp313-cp313-macosx_11_0_arm64",
        "py2-none-any",
    ],
)
def test_a_wheel_for_anything_else_is_refused(tmp_path: Path, tag: str) -> None:
    layer = _layer(tmp_path, _library(AARCH64), tag)
    with pytest.raises(UnfitLayer, match=f"numpy-1.0.dist-info is {tag}"):
        check_layer(layer, "arm64")


def test_one_fitting_tag_of_several_is_enough(tmp_path: Path) -> None:
    _wheel(tmp_path, "pillow", "cp39-abi3-win_amd64", "cp313-cp313-manylinux_2_17_x86_64")
    assert check_layer(tmp_path, "x86_64").distributions == 1


def test_a_layer_over_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "UNZIPPED_LIMIT", 200)
    layer = _layer(tmp_path, _library(AARCH64) + bytes(200))
    with pytest.raises(UnfitLayer, match="a layer is under 200 bytes unzipped"):
        check_layer(layer, "arm64")


def test_two_layers_that_leave_no_room_for_the_code_are_refused() -> None:
    half = LayerReport(size=130_000_000, libraries=1, glibc=(2, 28), distributions=1)
    check_together([half])
    with pytest.raises(UnfitLayer, match="under 262,144,000 bytes unzipped; together they are 265"):
        check_together([half, half])


def test_a_layer_that_was_not_built_is_refused(tmp_path: Path) -> None:
    remedy = r"holds none; run python -m infra\.packages\.build_layer arm64"
    with pytest.raises(UnfitLayer, match=remedy):
        check_layer(tmp_path / "nothing", "arm64")


def test_the_layer_is_checked_for_the_runtime_s_python() -> None:
    assert RUNTIME.name == f"python{subject.PYTHON[0]}.{subject.PYTHON[1]}"


def test_every_package_of_the_layer_is_pinned() -> None:
    constraints = (Path(__file__).resolve().parents[3] / "constraints.txt").read_text()
    pinned = {line.split("==")[0] for line in constraints.splitlines() if "==" in line}
    packages = {package for layer in LAYERS.values() for package in layer}
    assert packages - pinned == set()
