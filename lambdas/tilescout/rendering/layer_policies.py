"""Optional content that depends on several layers, shown as PDFium and Acrobat show it.

MuPDF misreads the policies AllOn and AnyOff, and reads no visibility expressions. A membership
dictionary with one of these is replaced by one that MuPDF shows rightly, by the rules of ISO
32000-1, 8.11.2.2. The file itself is not changed. Runs in the rendering child only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pymupdf import mupdf

MISREAD_POLICIES = ("AllOn", "AnyOff")
MAX_DEPTH = 32
"""Expressions nested deeper are taken as shown, as PDFium does."""


def apply_policies(document: Any) -> None:
    """Replaces the memberships of an opened PDF that MuPDF misreads, for its layers as they are."""
    groups = document.get_ocgs()
    if not groups:
        return
    shown = {xref: bool(group["on"]) for xref, group in groups.items()}
    misread = [(xref, member) for xref, member in _memberships(document) if _is_misread(member)]
    for xref, member in misread:
        group, policy = _like(_is_shown(member, shown), shown)
        document.xref_set_key(xref, "VE", "null")
        document.xref_set_key(xref, "OCGs", f"[{group} 0 R]")
        document.xref_set_key(xref, "P", f"/{policy}")


def _like(is_shown: bool, shown: dict[int, bool]) -> tuple[int, str]:
    """Returns a group of the document, and the policy by which it alone has the state."""
    group = next((xref for xref, is_on in shown.items() if is_on == is_shown), None)
    return (group, "AnyOn") if group is not None else (next(iter(shown)), "AllOff")


def _memberships(document: Any) -> Iterator[tuple[int, Any]]:
    """Yields the number and the object of each membership dictionary."""
    pdf = mupdf.pdf_document_from_fz_document(document.this)
    for xref in range(1, document.xref_length()):
        if document.xref_get_key(xref, "Type")[1] == "/OCMD":
            yield xref, mupdf.pdf_load_object(pdf, xref)


def _entry(member: Any, name: str) -> Any:
    return mupdf.pdf_dict_gets(member, name)


def _policy(member: Any) -> str:
    found = _entry(member, "P")
    return str(mupdf.pdf_to_name(found)) if found.m_internal else "AnyOn"


def _is_misread(member: Any) -> bool:
    return bool(_entry(member, "VE").m_internal) or _policy(member) in MISREAD_POLICIES


def _is_shown(member: Any, shown: dict[int, bool]) -> bool:
    """Tells if content is shown; an expression comes before a policy, as the standard says."""
    expression = _entry(member, "VE")
    if expression.m_internal and mupdf.pdf_is_array(expression):
        return _of_expression(expression, shown, 0)
    states = list(_states(_entry(member, "OCGs"), shown))
    if not states:
        return True
    return all(states) if _policy(member) == "AllOn" else not all(states)


def _states(groups: Any, shown: dict[int, bool]) -> Iterator[bool]:
    """Yields whether each group is on; those that the document does not list do not count."""
    is_list = groups.m_internal and mupdf.pdf_is_array(groups)
    count = mupdf.pdf_array_len(groups) if is_list else bool(groups.m_internal)
    for at in range(count):
        group = mupdf.pdf_array_get(groups, at) if is_list else groups
        number = mupdf.pdf_to_num(group)
        if number in shown:
            yield shown[number]


def _of_expression(expression: Any, shown: dict[int, bool], depth: int) -> bool:
    """The value of And, Or or Not with groups or expressions behind it."""
    if depth > MAX_DEPTH:
        return True
    operator = str(mupdf.pdf_to_name(mupdf.pdf_array_get(expression, 0)))
    operands = [mupdf.pdf_array_get(expression, at)
                for at in range(1, mupdf.pdf_array_len(expression))]  # fmt: skip
    values = [
        _of_expression(each, shown, depth + 1)
        if mupdf.pdf_is_array(each)
        else shown.get(mupdf.pdf_to_num(each), True)
        for each in operands
    ]
    if operator == "Not":
        return not all(values[:1])
    return any(values) if operator == "Or" else all(values)
