"""The table of faults: `pytest --faults docs/faults.md` writes what the tests marked with a fault's
id found. The tests are the table's only source; a fault without a test is shown as such.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path

import botocore.session
import pytest
from botocore.loaders import create_loader
from hypothesis import settings

from tests.faults import CATALOGUE, Seen, page

# The same examples each time; `make check-all` looks at others, with the profile "default".
# Without a deadline: how long an example takes depends on what else the machine does.
settings.register_profile("default", deadline=None)
settings.register_profile("repeatable", settings.get_profile("default"), derandomize=True)
settings.load_profile("repeatable")

# moto begins each test with a new session, which would parse the models of all services again.
botocore.session.create_loader = functools.cache(create_loader)  # type: ignore[assignment]

PROPERTY = "fault"
# A console takes its width as it is made; each test of a command names its own.
os.environ.pop("COLUMNS", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--faults", metavar="FILE", help="Write the table of faults to this file.")
    parser.addoption("--counts", metavar="FILE", help="Write the counts of billed requests here.")
    parser.addoption("--outages", metavar="FILE", help="Write the page on outages here.")
    parser.addoption(
        "--rights",
        metavar="FOLDER",
        help="Write to this folder which rights of the functions' roles the handler tests used.",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "fault(*ids): faults of the catalogue that the test makes")
    target = config.getoption("--faults")
    if target and not hasattr(config, "workerinput") and not config.option.collectonly:
        config.pluginmanager.register(Table(Path(target)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """An id that the catalogue lacks is an error."""
    for item in items:
        if unknown := set(_faults(item)) - set(CATALOGUE):
            raise pytest.UsageError(f"{item.nodeid}: no such fault: {', '.join(sorted(unknown))}")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Properties travel with the report, from whichever process runs the test."""
    item.user_properties += [(PROPERTY, each) for each in _faults(item)]


class Table:
    """Gathers the reports of a session and writes the table at its end."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.seen: list[Seen] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and not report.failed:
            return
        test = report.nodeid.partition("[")[0]
        faults = [value for name, value in report.user_properties if name == PROPERTY]
        self.seen += [Seen(fault=str(fault), test=test, passed=report.passed) for fault in faults]

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        # A run that was broken off has not seen every test.
        if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            self.target.write_text(page(self.seen), encoding="utf-8")


def _faults(item: pytest.Item) -> tuple[str, ...]:
    return tuple(str(each) for mark in item.iter_markers("fault") for each in mark.args)
