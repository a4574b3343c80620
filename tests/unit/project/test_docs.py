"""The documentation says what is there: commands, targets, settings, records, links."""

from __future__ import annotations

import ast
import itertools
import json
import re
import subprocess
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from infra.config import profiles, stack_config
from tests.unit.project.doc_pages import DEPLOY, PAGES, QUERY, ROOT, code, commands, headings, table
from tests.unit.tilescout_cli import command_tree
from tilescout import pricing, results
from tilescout.detections import Detection
from tilescout.detector_kinds import KINDS
from tilescout.documents import Document, Status
from tilescout.geometry import Box
from tilescout.profiles import Profile
from tilescout.runs import model_lifecycle
from tilescout.sheet_layout.layout import SheetLayout
from tilescout_cli.stack import cdk_profiles

NOT_THERE_YET = {"annotate"}
PRICES = pricing.PriceTable()


def options(command: Any) -> set[str]:
    """All spellings of the options of a command."""
    names = {text for each in command.params for text in (*each.opts, *each.secondary_opts)}
    return names | {"-h", "--help"}


COMMANDS = {tuple(words.split()): options(each) for words, each in command_tree.commands()}
ROOT_OPTIONS = {
    ("--version",): {"--version"},
    ("--help",): {"--help"},
    ("--install-completion",): {"--install-completion"},
    ("--show-completion",): {"--show-completion"},
}
GROUPS = {tuple(words.split()): options(each) for words, each in command_tree.groups()}
SHOWN = commands("tilescout")


def named(arguments: list[str]) -> tuple[str, ...]:
    """The command that these arguments begin with."""
    words = tuple(arguments[:2])
    return words if words in COMMANDS else words[:1]


@pytest.mark.parametrize("arguments", SHOWN, ids=" ".join)
def test_every_command_and_option_shown_exists(arguments: list[str]) -> None:
    known = COMMANDS | GROUPS | ROOT_OPTIONS
    assert named(arguments) in known
    given = {word.partition("=")[0] for word in arguments if word.startswith("-")}
    assert given <= known[named(arguments)]


def test_every_command_is_shown() -> None:
    assert set(COMMANDS) - {named(arguments) for arguments in SHOWN} == set()


def test_what_is_not_there_yet_is_no_command() -> None:
    assert NOT_THERE_YET & {words[0] for words in COMMANDS} == set()


def test_a_deployment_takes_arguments_for_a_machine_without_a_terminal() -> None:
    command = [
        "make",
        "--no-print-directory",
        "--dry-run",
        "deploy",
        "ARGS=--require-approval never",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1].endswith(" deploy --strict --require-approval never")


def test_every_make_target_shown_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    shown = {word for arguments in commands("make") for word in arguments if word.islower()}
    assert {"check", "demo", "deploy", "destroy"} <= shown
    assert shown <= targets


MODULES = [arguments[1:] for arguments in commands("python") if arguments[0] == "-m"]


@pytest.mark.parametrize("arguments", MODULES, ids=" ".join)
def test_every_module_shown_has_a_main_and_its_options(arguments: list[str]) -> None:
    root = ROOT / "cli" if arguments[0].startswith("tilescout_") else ROOT
    module = root / arguments[0].replace(".", "/")
    source = (module / "__main__.py" if module.is_dir() else Path(f"{module}.py")).read_text()
    functions = {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    assert "main" in functions
    assert 'if __name__ == "__main__":' in source
    assert [word for word in arguments if word.startswith("--") and f'"{word}"' not in source] == []


def defaults(model: type[BaseModel]) -> dict[str, str]:
    """Each field's default as the documentation writes it: JSON as code, or "required"."""
    plain = {
        name: field.get_default(call_default_factory=True)
        for name, field in model.model_fields.items()
        if not field.is_required()
    }
    return {
        name: f"`{json.dumps(plain[name], default=BaseModel.model_dump)}`"
        if name in plain
        else "required"
        for name in model.model_fields
    }


@pytest.mark.parametrize(
    ("rows", "model"),
    [
        (table(DEPLOY, "setting"), stack_config.Settings),
        (table(DEPLOY, "profile field"), profiles.Profile),
        (table(DEPLOY, "find field"), profiles.Find),
    ],
    ids=["settings", "profile", "find"],
)
def test_settings_are_documented_with_their_defaults(
    rows: dict[str, list[str]], model: type[BaseModel]
) -> None:
    assert {name: cells[0] for name, cells in rows.items()} == defaults(model)


def test_prices_are_documented_with_their_defaults() -> None:
    rows = table(DEPLOY, "price")
    assert set(rows) == set(stack_config.PRICE_NAMES)
    assert {name: float(cells[0].strip("`")) for name, cells in rows.items()} == {
        name: PRICES.by_name()[name] for name in rows
    }


def test_detectors_are_documented_with_their_limits() -> None:
    assert table(DEPLOY, "detector") == {
        name: [
            f"{kind.tile_px[0]:,} to {kind.tile_px[1]:,}",
            f"{kind.max_image_bytes:,}",
            f"{kind.calls_per_second:g}",
            str(kind.calls_per_tile),
            f"`{kind.call_price.name}`" if kind.call_price else "none",
            ", ".join(f"`{field}`" for field in kind.own_fields),
        ]
        for name, kind in KINDS.items()
    }


def test_the_profiles_of_cdk_json_have_documented_fields_only() -> None:
    written = cdk_profiles.without_comments(json.loads((ROOT / "cdk.json").read_text()))["context"][
        "tilescout"
    ]
    used = {field for profile in written["profiles"].values() for field in profile}
    assert used <= set(table(DEPLOY, "profile field"))
    assert set(written["settings"]) <= set(table(DEPLOY, "setting"))


def test_profiles_shown_in_commands_are_in_cdk_json() -> None:
    written = json.loads((ROOT / "cdk.json").read_text())["context"]["tilescout"]["profiles"]
    shown = {
        after
        for arguments in SHOWN
        for before, after in itertools.pairwise(arguments)
        if before == "--profile"
    }
    assert shown <= set(written)


def test_every_status_is_documented() -> None:
    assert set(table(DEPLOY, "status")) == set(get_args(Status))


def test_statuses_named_anywhere_exist() -> None:
    known = {*get_args(Status), "OPEN", "CLOSED", *model_lifecycle.STATUSES}
    pattern = r"\b(ACCEPTED|QUEUED|[A-Z_]+_MODEL|RUNNING|[A-Z]+ED|HELD|DONE|PARTIAL)\b"
    named_anywhere = {word for page in PAGES.values() for word in re.findall(pattern, page)}
    assert named_anywhere <= known


def strings(path: str) -> set[str]:
    """Every text constant of a source file."""
    nodes = ast.walk(ast.parse((ROOT / path).read_text()))
    return {str(each.value) for each in nodes if isinstance(each, ast.Constant) and each.value}


def outputs() -> set[str]:
    """Keys of the stack's outputs, from the source: a synthesis would take seconds."""
    tree = ast.parse((ROOT / "infra/stack.py").read_text())
    (method,) = (each for each in ast.walk(tree) if getattr(each, "name", "") == "_output")
    (written,) = (each for each in ast.walk(method) if isinstance(each, ast.Dict))
    return {str(key.value) for key in written.keys if isinstance(key, ast.Constant)}


def test_every_output_of_the_stack_is_documented() -> None:
    assert set(table(DEPLOY, "output")) == outputs()


def test_outputs_used_in_commands_exist() -> None:
    lines = [line for page in PAGES.values() for line in code(page)]
    used = {name for line in lines for name in re.findall(r"\(output (\w+)\)|<(\w+Name)>", line)}
    assert {first or second for first, second in used} <= outputs()


def test_every_alarm_is_documented() -> None:
    tree = ast.parse((ROOT / "infra/constructs/monitoring.py").read_text())
    (monitoring,) = (each for each in tree.body if getattr(each, "name", "") == "Monitoring")
    constants = (each.value for each in ast.walk(monitoring) if isinstance(each, ast.Constant))
    ids = {text for text in constants if re.fullmatch(r"(?:[A-Z][a-z]+){2,}", str(text))}
    assert set(table(DEPLOY, "alarm")) == ids


def row() -> dict[str, Any]:
    """A row of the detections table with every attribute there is."""
    detection = Detection(
        page=1,
        label="tag",
        confidence=90.0,
        box=Box(0, 0, 9, 9),
        text="FV-1",
        normalised_text="FV-1",
        is_match=True,
        angle=30.0,
    )
    made = results.ResultSet(id="r", document=document(), made_at=1)
    return results.row(
        made,
        detection,
        0,
        72,
        layout=SheetLayout(scale=50, fields={"number": "E201A", "revision": "B"}),
    )


def document() -> Document:
    profile = Profile(name="text", detector="textract", dpi=72, tile_size=100, overlap=0)
    return Document(
        id="d", bucket="b", key="k", version="v", status="DONE", profile=profile, accepted_at=1
    )


def test_the_record_of_a_detection_is_documented() -> None:
    assert set(table(QUERY, "detection attribute")) == set(row())


def test_the_record_of_a_document_is_documented() -> None:
    kept = {field.name for field in fields(Document)} | {"kind", "source_key", "due"}
    assert set(table(QUERY, "document attribute")) == kept


def test_the_indexes_named_exist() -> None:
    assert set(re.findall(r"\bby_\w+", QUERY)) == {"by_label", "by_text", "by_status", "by_source"}
    assert set(re.findall(r"\bby_\w+", QUERY)) <= strings("infra/constructs/tables.py")


LINKS = [
    (name, target)
    for name, page in PAGES.items()
    for target in re.findall(r"\]\(([^)\s]+)\)", page)
    if "://" not in target
]


@pytest.mark.parametrize(("name", "target"), LINKS, ids=[" to ".join(link) for link in LINKS])
def test_every_link_leads_to_a_file_and_a_heading(name: str, target: str) -> None:
    path, _, anchor = target.partition("#")
    found = ((ROOT / name).parent / path if path else ROOT / name).resolve()
    assert found.is_file()
    if anchor:
        assert anchor in headings(found.read_text(encoding="utf-8"))


def test_the_readme_says_of_when_and_where_the_prices_are() -> None:
    month = datetime.strptime(pricing.PRICES_AS_OF, "%Y-%m").strftime("%B %Y")
    assert f"those of {pricing.PRICES_REGION}, {month}" in PAGES["README.md"]


def test_the_idle_month_costs_the_same_on_every_page() -> None:
    (together,) = re.findall(r"\| together \| ([\d.]+) \|", DEPLOY)
    assert f"${together} with the profiles as they are" in PAGES["README.md"]


def test_the_readme_is_short() -> None:
    assert len(PAGES["README.md"].split()) <= 900


def test_the_index_lists_every_page() -> None:
    pages = {path.name for path in (ROOT / "docs").iterdir() if path.suffix in (".md", ".json")}
    linked = set(re.findall(r"\]\(([^)#/]+)\)", PAGES["docs/README.md"]))
    assert pages - {"README.md"} <= linked
