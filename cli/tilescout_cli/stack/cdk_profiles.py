"""Profiles of cdk.json, for commands that need one before a document has it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from tilescout.detector_kinds import with_numbers
from tilescout.pricing import PriceTable
from tilescout.profiles import Profile
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.stack import paths

_PROFILE = TypeAdapter(Profile)
DEFAULT_STACK = "Tilescout"
COMMENT = "//"
"""The member of a JSON object that explains it to people, as JSON has no comments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles:
    """The profiles of a cdk.json; ``default`` is used where no profile is named."""

    by_name: dict[str, Profile]
    default: str
    prices: PriceTable

    def named(self, name: str | None) -> Profile:
        """Returns the profile. Raises BadUsage for a name that is not configured."""
        profile = self.by_name.get(name or self.default)
        if profile is None:
            raise BadUsage(
                f"there is no profile {name!r} in cdk.json; use one of {', '.join(self.by_name)}"
            )
        return profile


def read(path: Path | None = None) -> Profiles:
    """Returns the profiles of ``path``, or of the nearest cdk.json.

    Raises BadUsage where there is none or it does not parse; `cdk synth` says more.
    """
    path = path or paths.configuration()
    if path is None:
        raise BadUsage("there is no cdk.json here or above; `tilescout init` writes one")
    try:
        tilescout = _context(path)
        found = tilescout["profiles"]
        by_name = {
            name: _PROFILE.validate_python({"name": name} | with_numbers(found[name]))
            for name in found
        }
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise BadUsage(
            f"{path} has no usable profiles under context.tilescout.profiles: {_first(error)}; "
            "correct it, `python -m infra.app` explains every rule"
        ) from error
    default = next((name for name in found if found[name].get("default")), next(iter(found), ""))
    prices = PriceTable().with_overrides(tilescout.get("prices", {}))
    return Profiles(by_name=by_name, default=default, prices=prices)


def fingerprint(path: Path) -> str:
    """Returns 12 digits that stand for the settings, profiles and prices of a cdk.json.

    Comments, and how it is written, make no difference.
    """
    text = json.dumps(_context(path), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def written(name: str) -> dict[str, Any]:
    """Returns the profile ``name`` of the nearest cdk.json as it is written there."""
    path = paths.configuration()
    if path is None:
        return {}
    profile: dict[str, Any] = _context(path)["profiles"][name]
    return profile


def _context(path: Path) -> dict[str, Any]:
    context: dict[str, Any] = json.loads(path.read_text())["context"]["tilescout"]
    return dict(without_comments(context))


def write_shipped(folder: Path) -> Path:
    """Writes the shipped profiles, with their comments, to the cdk.json of a folder.

    Raises BadUsage where there is one already, or it cannot be written.
    """
    target = folder / "cdk.json"
    written = json.loads((paths.sources() / "cdk.json").read_text())
    # The app and the flags of CDK are for the checkout, from which a stack is deployed to AWS.
    text = json.dumps({"context": {"tilescout": written["context"]["tilescout"]}}, indent=2)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(text + "\n")
    except FileExistsError as error:
        raise BadUsage(f"{target} exists already; change it, or name another folder") from error
    except OSError as error:
        raise BadUsage(
            f"{target} cannot be written ({error.strerror}); name another folder"
        ) from error
    return target


def without_comments(value: Any) -> Any:
    """Returns a JSON value without the comments in any of its objects."""
    if isinstance(value, Mapping):
        return {name: without_comments(each) for name, each in value.items() if name != COMMENT}
    return value


def prices() -> PriceTable:
    """Returns the prices of the nearest cdk.json; list prices where there is none."""
    path = paths.configuration()
    return read(path).prices if path else PriceTable()


def settings() -> dict[str, Any]:
    """Returns the settings of the nearest cdk.json as they are written there."""
    path = paths.configuration()
    return dict(_context(path).get("settings", {})) if path else {}


def stack_name() -> str:
    """Returns the name that the nearest cdk.json gives its stack; the default where it gives none.

    A cdk.json that cannot be read names none: `cdk synth` says what is wrong with it.
    """
    try:
        given = settings()
    except (OSError, ValueError, KeyError, TypeError):
        return DEFAULT_STACK
    stage = str(given.get("stage") or "")
    return str(given.get("stack_name") or "-".join(filter(None, (DEFAULT_STACK, stage))))


def model_projects() -> set[str]:
    """Returns the Custom Labels projects of the nearest cdk.json; none where there is no file."""
    path = paths.configuration()
    profiles = read(path).by_name.values() if path else ()
    return {profile.model_project for profile in profiles if profile.needs_model}


def onnx_projects() -> dict[str, list[Profile]]:
    """Returns profiles of detector onnx in the nearest cdk.json, by model project."""
    path = paths.configuration()
    found: dict[str, list[Profile]] = {}
    for profile in read(path).by_name.values() if path else ():
        if profile.kind.model == "file":
            found.setdefault(profile.model_project, []).append(profile)
    return found


def _first(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
