"""Optional content that depends on several layers, shown as PDFium shows it.

MuPDF misreads the policies AllOn and AnyOff, and reads no visibility expressions. Each membership
dictionary is replaced by one that MuPDF shows rightly, by the rules of ISO 32000-1, 8.11.2.2, and
of PDFium (core/fpdfapi/page/cpdf_occontext.cpp) where these leave a choice. The file itself is not
changed. Runs in the rendering child only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pymupdf import mupdf

MAX_DEPTH = 32
"""Expressions nested deeper are taken as hidden, as PDFium does."""


def apply_policies(document: Any) -> None:
    """Replaces the memberships of an opened PDF by their state, for its layers as they are."""
    pdf = mupdf.pdf_document_from_fz_document(document.this)
    layers = _Layers(pdf)
    groups = {mupdf.pdf_to_num(group): layers.is_on(group) for group in _groups(pdf)}
    if not groups:
        return
    states = [(xref, layers.is_shown(member)) for xref, member in _memberships(document, pdf)]
    for xref, is_shown in states:
        group, policy = _like(is_shown, groups)
        document.xref_set_key(xref, "VE", "null")
        document.xref_set_key(xref, "OCGs", f"[{group} 0 R]")
        document.xref_set_key(xref, "P", f"/{policy}")


def _like(is_shown: bool, groups: dict[int, bool]) -> tuple[int, str]:
    """Returns a group of the document, and the policy by which it alone has the state."""
    group = next((xref for xref, is_on in groups.items() if is_on == is_shown), None)
    return (group, "AnyOn") if group is not None else (next(iter(groups)), "AllOff")


def _groups(pdf: Any) -> Iterator[Any]:
    """Yields the layers that the document lists."""
    catalog = mupdf.pdf_dict_gets(mupdf.pdf_trailer(pdf), "Root")
    listed = mupdf.pdf_dict_gets(mupdf.pdf_dict_gets(catalog, "OCProperties"), "OCGs")
    return (group for group in _items(listed) if mupdf.pdf_is_indirect(group))


def _memberships(document: Any, pdf: Any) -> Iterator[tuple[int, Any]]:
    """Yields the number and the object of each membership dictionary."""
    for xref in range(1, document.xref_length()):
        if document.xref_get_key(xref, "Type")[1] == "/OCMD":
            yield xref, mupdf.pdf_load_object(pdf, xref)


def _items(array: Any) -> list[Any]:
    """Returns the entries of an array, none of anything else."""
    return [mupdf.pdf_array_get(array, at) for at in range(mupdf.pdf_array_len(array))]


@dataclass(frozen=True, slots=True)
class _Layers:
    """The layers of a PDF in the states that it opens with."""

    pdf: Any

    def is_on(self, group: Any) -> bool:
        # PyMuPDF's own get_ocgs() calls each layer on that does not tell who made it.
        return not mupdf.pdf_is_ocg_hidden(self.pdf, mupdf.PdfResourceStack(), "View", group)

    def is_shown(self, member: Any) -> bool:
        """Tells if content is shown; an expression comes before a policy, as the standard says."""
        expression = mupdf.pdf_dict_gets(member, "VE")
        if mupdf.pdf_is_array(expression):
            return self._is_true(expression, 0)
        groups = mupdf.pdf_dict_gets(member, "OCGs")
        if mupdf.pdf_is_dict(groups):
            return self.is_on(groups)
        states = [self.is_on(each) for each in _items(groups) if mupdf.pdf_is_dict(each)]
        return _by_policy(_policy(member), states)

    def _is_true(self, expression: Any, depth: int) -> bool:
        """Returns the value of And, Or or Not with groups or expressions behind it."""
        operator, *operands = _items(expression) or [expression]
        name = mupdf.pdf_to_name(operator)
        if name == "Not":
            operands = operands[:1]
        known = [each for each in operands if _is_operand(each)]
        if depth > MAX_DEPTH or name not in ("And", "Or", "Not") or not known:
            return False
        values = (self._value(each, depth) for each in known)
        return any(values) if name == "Or" else all(values) != (name == "Not")

    def _value(self, operand: Any, depth: int) -> bool:
        is_nested = mupdf.pdf_is_array(operand)
        return self._is_true(operand, depth + 1) if is_nested else self.is_on(operand)


def _is_operand(value: Any) -> bool:
    return bool(mupdf.pdf_is_array(value) or mupdf.pdf_is_dict(value))


def _policy(member: Any) -> str:
    found = mupdf.pdf_dict_gets(member, "P")
    return str(mupdf.pdf_to_name(found)) if mupdf.pdf_is_name(found) else "AnyOn"


def _by_policy(policy: str, states: list[bool]) -> bool:
    """Tells if content is shown: that of no layers is, and that of an unknown policy is not."""
    rules = {"AnyOn": any(states), "AllOn": all(states),
             "AnyOff": not all(states), "AllOff": not any(states)}  # fmt: skip
    return rules.get(policy, False) if states else True
