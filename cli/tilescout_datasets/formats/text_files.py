"""Annotation files as text: their encoding, and JSON, JSON Lines and XML that cannot do harm."""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from tilescout_datasets.annotations import UnusableAnnotations

MAX_BYTES = 2_000_000_000
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""The mark of UTF-32 begins with that of UTF-16, so it comes first."""
_DECLARED_ENCODING = re.compile(r"^(<\?xml[^>]*?)\s+encoding\s*=\s*[\"'][^\"']*[\"']")


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line of JSON Lines that is no JSON object."""

    fault: str


def text_of(path: Path) -> str:
    """Returns the text of a file in UTF-8, UTF-16 or UTF-32, with or without a mark.

    Raises UnusableAnnotations.
    """
    try:
        body = path.read_bytes()
    except OSError as error:
        raise UnusableAnnotations(
            f"{path} cannot be read ({error.strerror}); name a file that is there"
        ) from error
    try:
        return body.decode(_encoding(body))
    except UnicodeDecodeError as error:
        raise UnusableAnnotations(
            f"{path} must be text in UTF-8 or UTF-16; byte {error.start} fits neither; save it "
            "again as UTF-8"
        ) from error


def _encoding(body: bytes) -> str:
    if marked := next((name for mark, name in MARKS if body.startswith(mark)), ""):
        return marked
    # Annotation files begin with an ASCII character, of which UTF-16 makes one byte zero.
    if body[:2].count(0) == 1:
        return "utf-16-be" if body[0] == 0 else "utf-16-le"
    return "utf-8"


def parsed_json(text: str) -> Any:
    """Returns the value, or for JSON Lines a list of objects and `BrokenLine`.

    Raises ValueError where it is neither.
    """
    try:
        return _loaded(text)
    except ValueError:
        lines = [line for line in text.split("\n") if line.strip()]
        values = [_line(line) for line in lines]
        if len(lines) < 2 or not any(isinstance(value, dict) for value in values):
            raise
        return values


def _line(line: str) -> Any:
    try:
        value = _loaded(line)
    except ValueError as error:
        return BrokenLine(str(error))
    return value if isinstance(value, dict) else BrokenLine("it is no JSON object")


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def parsed_xml(text: str) -> Element:
    """Returns the root element. Raises ValueError where it is no XML, or declares entities."""
    if "<!ENTITY" in text:
        raise ValueError("it declares entities, which an annotation file does not need")
    try:
        # The text is decoded already, so what it says of its encoding is no longer true.
        return ElementTree.fromstring(_DECLARED_ENCODING.sub(r"\1", text, count=1))
    except (ElementTree.ParseError, RecursionError) as error:
        raise ValueError(str(error)) from error
