"""What can go wrong on the way in, with documents and with storage; and the page that tells it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

CATALOGUE = {
    "I1": "the same event several times",
    "I2": "events out of order",
    "I3": "the same key again with other content",
    "I4": "identical bytes again",
    "I5": "the object is deleted, or its version gone, at any point",
    "I6": "events that create nothing",
    "I7": "test event, foreign JSON, several records, SNS-wrapped",
    "I8": "keys: space, +, %2B, NFC and NFD, emoji, 1,024 bytes, leading /, ../, control, =cmd",
    "I9": "upper-case .PDF, any other suffix",
    "I10": "output that would be input again",
    "I11": "a message over the limit",
    "I12": "an event that is lost",
    "I13": "an object that may not be read",
    "P1": "no PDF, HTML named .pdf, empty, truncated",
    "P2": "encrypted; with an owner's password only",
    "P3": "zero pages",
    "P4": "absurd page boxes and UserUnit",
    "P5": "empty, inverted or damaged page boxes; odd rotation",
    "P6": "an image bomb",
    "P7": "nested forms",
    "P8": "a content bomb, 210,000 self-crossing segments, a flate bomb",
    "P9": "a form that draws itself",
    "P10": "100,000 pages",
    "P11": "broken font, bad JBIG2, bad JPX: declared, not drawn",
    "P12": "JavaScript, actions, attachments",
    "P13": "mutated files",
    "P14": "names and texts in logs",
    "S1": "unprocessed items",
    "S2": "an item over 400 KB",
    "S3": "batches over 25, transactions over 100",
    "S4": "floats",
    "S5": "a hot partition",
    "S6": "a half-made result that is seen",
    "S7": "a half-written file",
    "S8": "formulas in CSV",
    "S9": "markup in a report",
    "S10": "control and bidirectional characters",
    "S11": "injection into the annotated PDF",
    "S12": "dead letters and retries",
    "S13": "records that expire before they are needed",
    "R12": "a crash before or after any call, and any reply lost",
    "R13": "history and payloads of 10,000 pages",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One test that made one fault."""

    fault: str
    test: str
    passed: bool


def page(seen: Iterable[Seen]) -> str:
    """docs/faults.md: every fault, the tests that make it, and what came of it."""
    outcomes: dict[str, dict[str, list[bool]]] = {fault: {} for fault in CATALOGUE}
    for each in seen:
        outcomes[each.fault].setdefault(each.test, []).append(each.passed)
    lines = [line for fault, tests in outcomes.items() for line in _lines(fault, tests)]
    return "\n".join(
        [
            "# Faults",
            "",
            "Written by `make check-all` from the tests that are marked with a fault's id; do not "
            "edit. I: on the way in, P: documents, S: storage and output, R: runs.",
            "",
            "| fault | what goes wrong | test | result |",
            "|---|---|---|---|",
            *lines,
            "",
        ]
    )


def _lines(fault: str, tests: dict[str, list[bool]]) -> list[str]:
    title = CATALOGUE[fault]
    if not tests:
        return [f"| {fault} | {title} | | no test |"]
    return [
        f"| {fault} | {title} | `{test}` | {_result(passed)} |"
        for test, passed in sorted(tests.items())
    ]


def _result(passed: list[bool]) -> str:
    if not all(passed):
        return f"**{passed.count(False)} of {len(passed)} failed**"
    return "passed" if len(passed) == 1 else f"{len(passed)} passed"
