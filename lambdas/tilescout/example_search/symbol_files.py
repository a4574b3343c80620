"""Learned symbols as a file: what a profile's version of examples is stored as.

An archive of arrays and one JSON object that refers to them; nothing in it is ever executed.
"""

from __future__ import annotations

import dataclasses
import io
import json
import types
import zipfile
from dataclasses import dataclass
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np

from tilescout.errors import UnusableModel
from tilescout.example_search.pixels.places import PixelSymbol
from tilescout.example_search.search import LearnedSymbol

FORMAT = "tilescout-examples/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolFile:
    """Symbols of examples, learned from strokes and from pixels.

    ``strokes`` is empty where an example lies on a scan: then all pages are searched in pixels.
    """

    strokes: tuple[LearnedSymbol, ...]
    pixels: tuple[PixelSymbol, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the symbols, each once, in the order of the alphabet."""
        return tuple(sorted({symbol.label for symbol in self.pixels}))


def to_file(symbols: SymbolFile) -> bytes:
    """Returns the bytes of a file; the same symbols give the same bytes."""
    arrays: list[Any] = []
    tree = {"format": FORMAT, "symbols": _encoded(symbols, arrays)}
    file = io.BytesIO()
    text = np.frombuffer(json.dumps(tree).encode(), np.uint8)
    np.savez_compressed(file, tree=text, **{f"a{at}": array for at, array in enumerate(arrays)})
    return file.getvalue()


def _encoded(value: Any, arrays: list[Any]) -> Any:
    if dataclasses.is_dataclass(value):
        names = [each.name for each in dataclasses.fields(value)]
        return {name: _encoded(getattr(value, name), arrays) for name in names}
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return len(arrays) - 1
    if isinstance(value, tuple):
        return [_encoded(each, arrays) for each in value]
    return value


def from_file(body: bytes) -> SymbolFile:
    """Returns the symbols of a file. Raises UnusableModel where it is none, or damaged."""
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
            tree = json.loads(arrays["tree"].tobytes())
            if tree["format"] != FORMAT:
                raise ValueError(f"its format is {tree['format']!r}")
            symbols: SymbolFile = _decoded(SymbolFile, tree["symbols"], arrays)
            return symbols
    except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise UnusableModel(
            f"a file of examples has the format {FORMAT}; this one cannot be read ({error}); write "
            "it again with `tilescout find-like --save-profile`"
        ) from error


def _decoded(kind: Any, value: Any, arrays: Any) -> Any:
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{name: _decoded(hints[name], value[name], arrays) for name in value})  # type: ignore[operator]
    if get_origin(kind) is np.ndarray:
        return arrays[f"a{value}"]
    if get_origin(kind) is tuple:
        return _tuple(get_args(kind), value, arrays)
    if isinstance(kind, types.UnionType):
        return value if value is None else _decoded(get_args(kind)[0], value, arrays)
    return value


def _tuple(kinds: tuple[Any, ...], values: list[Any], arrays: Any) -> tuple[Any, ...]:
    of_one_kind = len(kinds) == 2 and kinds[1] is Ellipsis
    each = kinds[:1] * len(values) if of_one_kind else kinds
    return tuple(_decoded(kind, value, arrays) for kind, value in zip(each, values, strict=True))
