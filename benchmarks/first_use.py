"""A new user's first minutes: from `make demo` to a corrected tag and an Excel file.

In a fresh clone, the commands of the README's "Try it" are run as they stand there; then a browser
does what its sentence says, with a pause before each click and word, and notes all of them.
`git clone … CLONE`, then `python -m benchmarks.first_use CLONE --out docs/first_use.md`.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from openpyxl import load_workbook
from playwright.sync_api import Locator, Page, sync_playwright

from tests.browser import chromium

PAUSE_SECONDS = 2.0
"""A person looks for the next thing to click."""
CORRECTED = "FV-10230"
INTRODUCTION = """# First use

What a new user does from the README alone, as `python -m benchmarks.first_use CLONE` did it in a
fresh clone: the commands of "Try it", then a tag is corrected and an Excel file taken along. Before
each click and each word the script waits {pause:g} s, as a person does.

| after | step |
|---|---|
"""


@dataclass(slots=True)
class Notes:
    """The steps that were done, with the seconds since the first command."""

    started: float = field(default_factory=time.monotonic)
    steps: list[tuple[float, str]] = field(default_factory=list)

    def add(self, told: str) -> None:
        """Notes a step that has just been done."""
        self.steps.append((time.monotonic() - self.started, told))
        print(f"{self.steps[-1][0]:6.1f} s  {told}", flush=True)


@dataclass(frozen=True, slots=True)
class Person:
    """Clicks and types with a pause before each, and notes it."""

    page: Page
    notes: Notes
    pause: float

    def click(self, target: Locator, told: str) -> None:
        """Clicks what can be seen."""
        self.page.wait_for_timeout(self.pause * 1000)
        target.click()
        self.notes.add(f"click: {told}")

    def type(self, target: Locator, text: str, told: str) -> None:
        """Writes over what a field holds."""
        self.page.wait_for_timeout(self.pause * 1000)
        target.press("Control+a")
        target.press_sequentially(text)
        self.notes.add(f"keys: Ctrl+A and {text} in {told}")


def commands(readme: str) -> tuple[str, str]:
    """Returns the first command of "Try it", and the one that opens the browser."""
    tried = readme.partition("## Try it")[2].partition("\n## ")[0]
    demo, later = re.findall(r"```sh\n(.*?)```", tried, re.DOTALL)[:2]
    view = next(line for line in later.splitlines() if " view " in line)
    return demo.strip(), view.strip()


def run_demo(clone: Path, command: str, notes: Notes) -> None:
    """Runs the demo as it stands in the README. Raises CalledProcessError where it fails."""
    with tempfile.TemporaryFile() as said:
        subprocess.run(command, shell=True, cwd=clone, check=True, stdout=said, stderr=said)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    notes.add(f"`{command}` has ended ({used.ru_utime + used.ru_stime:.0f} CPU s)")


@contextmanager
def viewer(clone: Path, command: str) -> Iterator[str]:
    """Runs the command that opens the browser; gives the address that it prints."""
    process = subprocess.Popen(
        command, shell=True, cwd=clone, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"BROWSER": "true"}, start_new_session=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield next(line.split()[-1] for line in process.stdout if "http://" in line)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.communicate()


def correct_and_export(page: Page, person: Person, folder: Path) -> Path:
    """Corrects the least sure tag and downloads the Excel file."""
    document = page.locator(".document", has_text="tags")
    person.click(document, "the document with profile tags")
    row = page.get_by_role("listbox", name="Detections").get_by_role("option").first
    row.wait_for()
    person.click(row, f"the first row of the list, the least sure: {_text(row)}")
    person.click(page.get_by_label("Text", exact=True), "the field Text")
    person.type(page.get_by_label("Text", exact=True), CORRECTED, "the field Text")
    person.click(page.get_by_role("button", name="Save", exact=True), "Save")
    page.get_by_text("saved ✓").wait_for()
    person.notes.add("the page says: saved ✓")
    person.click(page.get_by_text("Export", exact=True), "Export")
    with page.expect_download() as download:
        person.click(page.get_by_role("button", name="Excel"), "Excel")
    path = folder / str(download.value.suggested_filename)
    download.value.save_as(path)
    return path


def _text(row: Locator) -> str:
    return str(row.locator(".text").inner_text())


def cells_with(path: Path, text: str) -> int:
    """Returns how many cells of an Excel file hold the text."""
    sheets = load_workbook(path).worksheets
    return sum(cell.value == text for sheet in sheets for row in sheet.iter_rows() for cell in row)


def try_it(clone: Path, *, pause: float, skip_demo: bool) -> Notes:
    """Does all of it. Raises AssertionError where the file has not what was corrected."""
    demo, view = commands((clone / "README.md").read_text())
    notes = Notes()
    if not skip_demo:
        run_demo(clone, demo, notes)
    with (
        viewer(clone, view) as address,
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        chromium.launch(playwright) as browser,
        chromium.viewer(browser, viewport={"width": 1280, "height": 800}) as opened,
    ):
        opened.open(address)
        notes.add(f"`{view}` shows the drawing")
        path = correct_and_export(opened.page, Person(opened.page, notes, pause), Path(folder))
        found = cells_with(path, CORRECTED)
        assert found == 1, f"{CORRECTED} is in {found} cells of {path.name}"
        notes.add(f"{path.name} has {CORRECTED}, read with openpyxl")
    return notes


def report(notes: Notes, pause: float) -> str:
    """The page: a table of all steps, and the machine."""
    rows = "".join(f"| {after:.0f} s | {told} |\n" for after, told in notes.steps)
    inputs = sum(told.startswith(("click", "keys")) for _, told in notes.steps)
    clicks = sum(told.startswith("click") for _, told in notes.steps)
    seconds = notes.steps[-1][0] - notes.steps[0][0]
    return (
        f"{INTRODUCTION.format(pause=pause)}{rows}\n{clicks} clicks and {inputs - clicks} word, "
        f"{seconds:.0f} s after the first command had ended. Measured with {os.cpu_count()} cores, "
        f"load {os.getloadavg()[1]:.1f} at the end.\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clone", type=Path, help="a fresh clone")
    parser.add_argument("--skip-demo", action="store_true", help="the demo has been run there")
    parser.add_argument("--pause", type=float, default=PAUSE_SECONDS, help="before each input, s")
    parser.add_argument("--out", type=Path, help="the page to write")
    given = parser.parse_args()
    notes = try_it(given.clone, pause=given.pause, skip_demo=given.skip_demo)
    if given.out:
        given.out.write_text(report(notes, given.pause))


if __name__ == "__main__":
    main()
