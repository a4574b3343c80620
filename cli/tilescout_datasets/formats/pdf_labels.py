"""What a shape that a person drew into a PDF names: the same for training and for evaluating."""

from __future__ import annotations

import re

VIEWERS_OWN = frozenset({"", "rectangle", "square", "circle", "ellipse", "oval", "polygon",
                         "polyline", "poly line", "cloud", "cloud+", "line", "shape"})  # fmt: skip
"""Subjects that viewers write by themselves, and which name nothing."""
OURS = re.compile(r" \([\d.]+ %\)$")
"""How annotations of `tilescout detect` end: the confidence."""


def label_and_text(contents: str, subject: str, author: str = "") -> tuple[str, str]:
    """The label is the subject that a person gave, else the first line of the contents; the text is
    the contents. What `tilescout detect` drew keeps its label and its text.

    The label is empty where the shape names nothing.
    """
    contents, subject = contents.strip(), subject.strip()
    if author and contents.startswith(author) and OURS.search(contents):
        return author, OURS.sub("", contents)[len(author) :].strip()
    if subject.lower() not in VIEWERS_OWN:
        return subject, contents
    return contents.partition("\n")[0].strip(), contents
