"""Reads twelve dense tiles on this machine while the local OCR gets a tenth of the time.

    python -m benchmarks.local_load [--share 0.1]

It counts work: the document's status, its billed calls, the images that the OCR's processes took
and the answers that callers took, with the CPU seconds of those that nobody took. A load of ten is
made by stopping the OCR's processes nine tenths of the time, which costs nothing itself.
"""

from __future__ import annotations

import argparse
import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pymupdf

from benchmarks.local_run import detect, embedded_aws
from tilescout.documents import Document
from tilescout_cli.documents import lookup
from tilescout_cli.stack import target
from tilescout_local.embedded_aws import EmbeddedAws, find_running
from tilescout_local.processes.process_tree import descendants

PERIOD_SECONDS = 0.5
SHEET_PT = (2660, 2020)
"""Twelve tiles of 2,048 px with 256 px overlap at 200 dpi."""
WORKER = b"tilescout_local.engines.ocr_worker"


@dataclass(slots=True)
class Load:
    """The processes of the OCR, which may work for ``share`` of the time."""

    server: int
    share: float
    ended: threading.Event = field(default_factory=threading.Event)
    seconds: dict[int, float] = field(default_factory=dict)

    def run(self) -> None:
        while not self.ended.is_set():
            self._signal(signal.SIGCONT)
            self.ended.wait(self.share * PERIOD_SECONDS)
            self._signal(signal.SIGSTOP)
            self.ended.wait((1 - self.share) * PERIOD_SECONDS)
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for pid in filter(_reads_text, descendants(self.server)):
            with suppress(ProcessLookupError, FileNotFoundError):
                os.kill(pid, number)
                self.seconds[pid] = _cpu_seconds(pid)


def _reads_text(pid: int) -> bool:
    try:
        return WORKER in Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return False


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def loaded(server: EmbeddedAws, share: float) -> Iterator[Load]:
    """Yields the load that the OCR's processes work under meanwhile."""
    load = Load(server.pid, share)
    thread = threading.Thread(target=load.run)
    thread.start()
    try:
        yield load
    finally:
        load.ended.set()
        thread.join()


def draw_dense_sheet(path: Path) -> None:
    """Draws a sheet of twelve tiles, full of tags in rows."""
    width, height = SHEET_PT
    with pymupdf.open() as document:
        page = document.new_page(width=width, height=height)
        for row in range(20, height - 10, 18):
            tags = "     ".join(f"FV-{row:04d}{column:02d} PUMP" for column in range(20))
            page.insert_text((20, row), tags, fontsize=11)
        document.save(path)


def report(document: Document, meter: dict[str, dict[str, int]], seconds: float) -> str:
    """Returns what was read and what of it nobody took, as rows of a table."""
    calls = meter["textract.DetectDocumentText"]
    tiles, answered = document.tiles_answered, calls["answered"]
    wasted = (answered - tiles) / answered * seconds
    rows = {
        "status": document.status,
        "tiles answered": tiles,
        "calls billed": document.calls,
        "answers given": answered,
        "tries that were told to come again": calls["refused"],
        "CPU seconds of the OCR": f"{seconds:.0f}",
        "of these on answers that nobody took": f"{wasted:.0f}",
    }
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {rows[name]} |" for name in rows)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=0.1, help="of the time that the OCR works")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        draw_dense_sheet(place / "dense.pdf")
        with embedded_aws(place / "home"):
            server = find_running(place / "home")
            assert server is not None
            with loaded(server, asked.share) as load:
                detect(place / "dense.pdf", "text", place / "out")
            (document,) = lookup.every(target.of_embedded(server))
            print(report(document, server.meter(), sum(load.seconds.values())))


if __name__ == "__main__":
    main()
