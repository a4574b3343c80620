"""A tuned profile as it goes into cdk.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tilescout.detector_kinds import KINDS, may_have


def pasted(written: Mapping[str, Any], chosen: Mapping[str, Any]) -> dict[str, Any]:
    """``written`` with what was ``chosen``, less what the chosen detector cannot have."""
    whole = {**written, **chosen}
    kind = KINDS.get(whole.get("detector", ""))
    return {name: value for name, value in whole.items() if kind is None or may_have(kind, name)}
