"""The asset of the functions: the same input, the same bytes."""

from __future__ import annotations

from pathlib import Path

from infra.packages.function_code import stage_function_code


def _package(folder: Path) -> Path:
    package = folder / "source" / "tilescout"
    (package / "handlers" / "__pycache__").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "handlers" / "guard.py").write_text("handler = None\n")
    (package / "handlers" / "__pycache__" / "guard.pyc").write_bytes(b"compiled")
    return package


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_asset_holds_the_package_and_the_profiles_and_no_byte_code(tmp_path: Path) -> None:
    target = tmp_path / "function"
    stage_function_code(package=_package(tmp_path), profiles_json="{}", target=target)
    assert _files(target) == {
        "profiles.json": b"{}\n",
        "tilescout/__init__.py": b"",
        "tilescout/handlers/guard.py": b"handler = None\n",
    }


def test_what_was_staged_before_is_gone(tmp_path: Path) -> None:
    target = tmp_path / "function"
    package = _package(tmp_path)
    stage_function_code(package=package, profiles_json="{}", target=target)
    (package / "handlers" / "guard.py").unlink()
    stage_function_code(package=package, profiles_json="{}", target=target)
    assert "tilescout/handlers/guard.py" not in _files(target)
