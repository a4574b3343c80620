"""Tells which annotations a viewer shows: PDFium draws those of hidden layers too.

Runs in the rendering child only.
"""

from __future__ import annotations

from typing import Any

from tilescout.rendering.pdfium.objects import OBJECTS

HIDDEN, NO_VIEW = 1 << 1, 1 << 5
"""Flags of an annotation: ISO 32000-1, table 165."""


def hidden_layers(catalog: Any) -> set[int]:
    """Returns the object numbers of the layers that are off when the document is opened."""
    properties = OBJECTS.get(catalog, "OCProperties")
    settings = OBJECTS.get(properties, "D")
    is_off = OBJECTS.name(OBJECTS.get(settings, "BaseState")) == "OFF"
    hidden = _numbers(OBJECTS.get(properties, "OCGs")) if is_off else set()
    return (hidden - _numbers(OBJECTS.get(settings, "ON"))) | _numbers(OBJECTS.get(settings, "OFF"))


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
