"""Finds small things in very large PDF pages.

`open_folder` and `open_stack` open results for Python programs; docs/python.md shows how. Their
package is not part of what runs in AWS, so it is imported only when one of them is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_API = ("Detection", "Document", "Documents", "Page", "Withheld", "open_folder", "open_stack")
__all__ = ["Detection", "Document", "Documents", "Page", "Withheld", "open_folder", "open_stack"]


def __getattr__(name: str) -> Any:
    if name in _API:
        return getattr(import_module("tilescout_api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
