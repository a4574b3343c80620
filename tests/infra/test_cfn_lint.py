"""CloudFormation's own rules, read without an account."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.infra.template import Template

# A dependency that a reference implies as well: CDK writes it for every role.
REDUNDANT_DEPENDENCY = "W3005"


def findings(template: Template) -> list[tuple[str, str]]:
    """Returns rule and message of each finding.

    The linter is a process of its own, as its parser takes part of an interpreter's state.
    """
    linter = Path(sys.executable).parent / "cfn-lint"
    command = [str(linter), "--format", "json", "--regions", "us-east-1", "eu-central-1"]
    command += ["--ignore-checks", REDUNDANT_DEPENDENCY, "--template", str(template.path)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    found = [(each["Rule"]["Id"], each["Message"]) for each in json.loads(said.stdout or "[]")]
    assert bool(found) == bool(said.returncode), said.stderr
    return found


def test_cfn_lint_finds_nothing(template: Template) -> None:
    assert findings(template) == []
