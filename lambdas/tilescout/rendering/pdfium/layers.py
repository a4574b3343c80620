"""Tells what lies on hidden layers, of which PDFium draws annotations and gives words.

Runs in the rendering child only.
"""

from __future__ import annotations

import ctypes
from typing import Any

import pypdfium2.raw as pdfium

from tilescout.rendering.pdfium.objects import OBJECTS

MAX_NAME = 512
HIDDEN, NO_VIEW = 1 << 1, 1 << 5
"""Flags of an annotation: ISO 32000-1, table 165."""


def hidden_layers(catalog: Any) -> set[int]:
    """Returns the object numbers of the layers that are off when the document is opened."""
    properties = OBJECTS.get(catalog, "OCProperties")
    settings = OBJECTS.get(properties, "D")
    is_off = OBJECTS.name(OBJECTS.get(settings, "BaseState")) == "OFF"
    hidden = _numbers(OBJECTS.get(properties, "OCGs")) if is_off else set()
    return (hidden - _numbers(OBJECTS.get(settings, "ON"))) | _numbers(OBJECTS.get(settings, "OFF"))


def hidden_names(catalog: Any, hidden: set[int]) -> frozenset[str]:
    """Returns the names of hidden layers, but for those that a layer that is shown has too."""
    groups = list(OBJECTS.elements(OBJECTS.get(OBJECTS.get(catalog, "OCProperties"), "OCGs")))
    names = {OBJECTS.number(group): str(OBJECTS.get(group, "Name")) for group in groups}
    shown = {name for number, name in names.items() if number not in hidden}
    return frozenset(names.values()) - shown


def is_on_layer(drawn: Any, names: frozenset[str]) -> bool:
    """Tells if an object of PDFium is marked as content of one of the layers."""
    marks = range(pdfium.FPDFPageObj_CountMarks(drawn)) if names else range(0)
    return any(_layer_name(pdfium.FPDFPageObj_GetMark(drawn, at)) in names for at in marks)


def _layer_name(mark: Any) -> str:
    """Returns the name of the layer that a mark stands for; empty for any other mark."""
    text, count = (ctypes.c_ushort * MAX_NAME)(), ctypes.c_ulong()
    pdfium.FPDFPageObjMark_GetName(mark, text, ctypes.sizeof(text), count)
    if _decoded(text, count) != "OC":
        return ""
    count.value = 0
    pdfium.FPDFPageObjMark_GetParamStringValue(mark, b"Name", text, ctypes.sizeof(text), count)
    return _decoded(text, count)


def _decoded(text: Any, count: Any) -> str:
    """Returns a text of so many bytes, of which the last two end it."""
    return bytes(text)[: max(0, count.value - 2)].decode("utf-16-le", "replace")


def _numbers(groups: Any) -> set[int]:
    return {OBJECTS.number(group) for group in OBJECTS.elements(groups)}


def is_annotation_shown(annotation: Any, hidden: set[int]) -> bool:
    """Tells if an annotation is viewed, and lies on no layer that is hidden.

    One that depends on several layers is shown where one of them is.
    """
    flags = OBJECTS.integer(OBJECTS.get(annotation, "F"))
    if flags & (HIDDEN | NO_VIEW):
        return False
    layer = OBJECTS.get(annotation, "OC")
    groups = OBJECTS.get(layer, "OCGs")
    members = _numbers(groups) if OBJECTS.is_array(groups) else {OBJECTS.number(groups or layer)}
    return not members or bool(members - hidden)
