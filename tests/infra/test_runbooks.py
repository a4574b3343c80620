"""The runbooks have a section for every alarm, and the quotas that runs depend on."""

from __future__ import annotations

import json
import re

from tests.infra.template import Template
from tests.unit.project.doc_pages import PAGES
from tilescout.detector_kinds import KINDS

PAGE = PAGES["docs/runbooks.md"]


def alarms(template: Template) -> set[str]:
    """Returns the names of the alarms, and of the rules that tell the topic without one."""
    names = template.of_type("CloudWatch::Alarm")
    return {
        *(name.removeprefix("MonitoringAlarms")[:-8] for name in names),
        "RunsCutShort",
        "DrawingsChanged",
    }


def test_every_alarm_of_the_template_has_its_section(template: Template) -> None:
    sections = re.findall(r"^### (\w+)\n\n(.+)$", PAGE, re.MULTILINE)

    assert {name for name, _ in sections} == alarms(template)


def test_nothing_in_the_template_ties_it_to_a_region_or_an_account(template: Template) -> None:
    """What moves to another region is the same template."""
    region = r"\b(?:us|eu|ap|sa|ca|me|af|il|mx|cn)(?:-gov)?-[a-z]+-\d\b"

    assert re.findall(rf"{region}|\b\d{{12}}\b", json.dumps(template.body)) == []


def test_every_quota_is_named_by_its_code() -> None:
    codes = {kind.quota.code for kind in KINDS.values() if kind.quota}

    assert codes <= set(re.findall(r"L-[0-9A-F]{8}", PAGE))
