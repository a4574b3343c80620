"""Labels of shapes that a person drew into a PDF, the same for training and for evaluating."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

_WORDS = """
    rectangle square circle ellipse oval polygon polyline cloud cloud+ line shape
    rechteck quadrat kreis polygonlinie wolke vieleck linienzug
    cercle ovale polygone polyligne nuage forme carré
    rectángulo círculo elipse óvalo polígono polilínea nube cuadrado
    rettangolo cerchio ellisse poligono polilinea nuvola quadrato forma
    retângulo polilinha nuvem quadrado
    rechthoek cirkel ellips veelhoek veellijn wolk ovaal vierkant
    rektangel polygonlinje moln sirkel mangekant
    prostokąt okrąg elipsa wielokąt łamana chmura
    obdélník kružnice mnohoúhelník oblak
    téglalap kör ellipszis sokszög
    dikdörtgen daire elips çokgen
    suorakulmio ympyrä ellipsi monikulmio
    прямоугольник окружность круг эллипс овал многоугольник ломаная облако
    長方形 四角形 円 楕円 多角形 折れ線 雲
    矩形 圆形 椭圆 椭圆形 多边形 折线 云 云形
    사각형 직사각형 원 타원 다각형 구름
"""
_PHRASES = ("", "poly line", "linea poligonale", "ligne polygonale", "línea poligonal")
VIEWERS_OWN = frozenset(_WORDS.split()).union(_PHRASES)
"""Subjects that viewers write by themselves, and which name nothing."""
OURS = re.compile(r" \([\d.]+ %\)$")
"""How annotations of `tilescout detect` end: the confidence."""
SHX_AUTHOR = "autocad shx text"
MANY = 0.5


@dataclass(frozen=True, slots=True)
class ShapeText:
    """The text of a shape of a PDF: its kind as the PDF names it, comment, subject and author."""

    kind: str
    contents: str
    subject: str
    author: str = ""

    @property
    def is_shx(self) -> bool:
        """Tells if AutoCAD wrote it beside lettering drawn as strokes; nobody labelled it."""
        return self.author.strip().lower() == SHX_AUTHOR


Untrusted = frozenset[tuple[str, str]]
"""Kinds of shapes and the subject that each of them has in one document."""


def untrusted_subjects(shapes: Iterable[ShapeText]) -> Untrusted:
    """Returns the subjects that a viewer wrote by itself, in whatever language.

    Such a one serves all shapes of its kind, and the comments tell them apart. A comment that is
    another text on each shape, with digits, is a tag: then a person gave the subject as label.
    """
    by_kind: dict[str, list[ShapeText]] = {}
    for shape in shapes:
        if not shape.is_shx:
            by_kind.setdefault(shape.kind, []).append(shape)
    return frozenset(
        (kind, of_kind[0].subject.strip().lower())
        for kind, of_kind in by_kind.items()
        if len({shape.subject.strip().lower() for shape in of_kind}) == 1
        and _are_labels([shape.contents.strip() for shape in of_kind])
    )


def _are_labels(comments: list[str]) -> bool:
    written = [comment for comment in comments if comment]
    if len(written) <= MANY * len(comments):
        return False
    with_digit = sum(any(map(str.isdigit, comment)) for comment in written)
    is_tag = with_digit > MANY * len(written) and max(Counter(written).values()) == 1
    return not is_tag


def label_and_text(
    contents: str, subject: str, author: str = "", *, is_trusted: bool = True
) -> tuple[str, str]:
    """Returns label and text. The label is the subject that a person gave, else the first line of
    the contents; the text is the contents. What `tilescout detect` drew keeps its label and text.

    The label is empty where the shape names nothing. The subject does not count unless it
    ``is_trusted``.
    """
    contents, subject = contents.strip(), subject.strip()
    if author and contents.startswith(author) and OURS.search(contents):
        return author, OURS.sub("", contents)[len(author) :].strip()
    if is_trusted and subject.lower() not in VIEWERS_OWN:
        return subject, contents
    return contents.partition("\n")[0].strip(), contents


def named(shape: ShapeText, untrusted: Untrusted) -> tuple[str, str]:
    """Returns label and text of a shape of a document whose subjects ``untrusted`` do not count;
    both are empty for what AutoCAD wrote."""
    if shape.is_shx:
        return "", ""
    is_trusted = (shape.kind, shape.subject.strip().lower()) not in untrusted
    return label_and_text(shape.contents, shape.subject, shape.author, is_trusted=is_trusted)
