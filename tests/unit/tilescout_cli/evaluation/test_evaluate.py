"""`tilescout evaluate` as a person calls it, on results of sample drawings."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.unit.project.doc_pages import PAGES
from tilescout.geometry import POINTS_PER_INCH
from tilescout_cli.app import app
from tilescout_evaluate.metrics import coco_precision
from tilescout_evaluate.report import plots
from tilescout_samples import write_samples

DPI = 150


def tilescout(*arguments: object) -> Result:
    runner = CliRunner(env={"COLUMNS": "100", "TERM": "dumb"})
    return runner.invoke(app, ["evaluate", *map(str, arguments)])


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    write_samples(folder)
    return folder


def result(samples: Path, name: str, detections: list[dict[str, object]], profile: str) -> Path:
    """A detections.json of a sample, as a run would write it."""
    truth = json.loads((samples / f"{name}.json").read_text())["pages"]
    scale = DPI / POINTS_PER_INCH
    pages = [
        {"page": page["page"], "width_pt": page["width_pt"], "height_pt": page["height_pt"],
         "width_px": round(page["width_pt"] * scale), "height_px": round(page["height_pt"] * scale),
         "dpi": DPI, "rotation": 0}
        for page in truth
    ]  # fmt: skip
    head = {"id": "d" * 32, "source": {"key": f"incoming/p/{name}.pdf"}, "profile": profile,
            "status": "DONE", "pages": pages}  # fmt: skip
    folder = samples / "out" / f"{name}-{profile}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "detections.json"
    path.write_text(json.dumps({"document": head, "detections": detections}))
    return path


def truth_of(samples: Path, name: str, kind: str) -> list[tuple[int, dict[str, object]]]:
    pages = json.loads((samples / f"{name}.json").read_text())["pages"]
    return [(page["page"], each) for page in pages for each in page[kind]]


def detection(page: int, box_pt: list[float], **more: object) -> dict[str, object]:
    box = [side * DPI / POINTS_PER_INCH for side in box_pt]
    return {"page": page, "label": "", "text": "", "confidence": 90.0, "box_px": box, **more}


@pytest.fixture(scope="module")
def symbols(samples: Path) -> Path:
    """All symbols of the A0 sheet but the first, and one that is not there."""
    found = [detection(page, each["box_pt"], label=each["label"])
             for page, each in truth_of(samples, "sample_a0", "symbols")[1:]]  # fmt: skip
    found.append(detection(1, [10, 10, 40, 40], label="pump", confidence=99.0))
    return result(samples, "sample_a0", found, "symbols")


def test_symbols_are_told_by_label_size_and_seam(samples: Path, symbols: Path) -> None:
    found = tilescout("objects", symbols, "--truth", samples / "sample_a0.json", "--json")

    report = json.loads(found.stdout)
    whole = report["at_iou"]["0.5"]
    assert (whole["objects"], whole["detections"], whole["true_positives"]) == (380, 380, 379)
    assert report["by_seam"]["at a seam"]["objects"] > 20
    assert len(report["by_label"]) == 7


def test_the_report_shows_the_worst_misses_and_needs_no_other_file(
    samples: Path, symbols: Path, tmp_path: Path
) -> None:
    found = tilescout("objects", symbols, "--truth", samples / "sample_a0.json", "--out",
                      tmp_path)  # fmt: skip

    assert found.exit_code == 0, found.output
    page = (tmp_path / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 2
    assert page.count("<svg") == 4
    assert "wrong: pump (99.0 %)" in page
    assert 'src="http' not in page
    assert json.loads((tmp_path / "report.json").read_text())["kind"] == "objects"


def test_a_figure_under_its_limit_fails_with_the_figure(samples: Path, symbols: Path) -> None:
    arguments = ("objects", symbols, "--truth", samples / "sample_a0.json", "--min")

    assert tilescout(*arguments, "f1=0.99").exit_code == 0
    found = tilescout(*arguments, "f1=0.999")
    assert found.exit_code == 1
    assert "f1 0.9974 is under --min f1=0.999" in found.stderr


def test_a_limit_that_is_not_measured_is_refused(samples: Path, symbols: Path) -> None:
    found = tilescout("objects", symbols, "--truth", samples / "sample_a0.json", "--min", "cer=0.1")

    assert found.exit_code == 2
    assert "--min cer is not measured here" in found.stderr


def test_tags_are_right_by_their_exact_text(samples: Path) -> None:
    tags = truth_of(samples, "sample_set", "tags")
    found = [detection(page, each["box_pt"], text=each["text"], label="instrument")
             for page, each in tags]  # fmt: skip
    found[0]["text"] = f"{found[0]['text']}X"
    path = result(samples, "sample_set", found, "tags")
    shown = tilescout("snippets", path, "--truth", samples / "sample_set.json", "--json")

    report = json.loads(shown.stdout)
    assert report["kind"] == "snippets"
    assert report["total"]["true_positives"] == len(tags) - 1
    assert report["misread"] == [[tags[0][1]["text"], found[0]["text"]]]


def test_a_folder_of_results_is_evaluated_as_one(samples: Path, symbols: Path) -> None:
    found = tilescout("objects", symbols.parent, "--truth", samples / "sample_a0.json")

    assert found.exit_code == 0, found.output
    assert "mAP 0.9" in found.stdout or "mAP 1.0" in found.stdout


def test_text_is_compared_with_the_text_layer(samples: Path) -> None:
    tags = truth_of(samples, "sample_a0", "tags")
    lines = [detection(1, each["box_pt"], text=each["text"], label="text") for _, each in tags]
    path = result(samples, "sample_a0", lines, "text")
    shown = tilescout("text", path, "--truth", samples / "sample_a0.pdf", "--text-layer", "--json")

    report = json.loads(shown.stdout)
    assert report["kind"] == "text"
    assert report["figures"]["precision"] > 0.95
    assert 0.5 < report["figures"]["recall"] < 1.0


def test_the_commands_of_the_documentation_do_what_it_says(
    samples: Path, symbols: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out" / "sample_a0"
    folder.mkdir(parents=True)
    shutil.copy(symbols, folder)
    (tmp_path / "out" / "samples").symlink_to(samples)
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```sh\n(pip.*?)```", PAGES["docs/evaluate.md"], re.DOTALL)
    shown = [shlex.split(line)[2:] for line in block.splitlines() if " evaluate " in line]

    assert [tilescout(*each).exit_code for each in shown] == [0, 0]
    assert (tmp_path / "out" / "report" / "report.html").is_file()


def test_without_truth_nothing_is_evaluated(symbols: Path) -> None:
    found = tilescout("objects", symbols)

    assert found.exit_code == 2
    assert "Missing option '--truth'" in found.stderr


def test_a_file_that_is_no_result_is_refused(samples: Path) -> None:
    found = tilescout("objects", samples / "sample_a0.json", "--truth", samples / "sample_a0.json")

    assert found.exit_code == 2
    assert "must be a detections.json" in found.stderr


def test_without_the_package_for_map_it_is_said_how_to_get_it(
    samples: Path, symbols: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coco_precision, "find_spec", lambda name: None)
    found = tilescout("objects", symbols, "--truth", samples / "sample_a0.json")

    assert found.exit_code == 2
    assert "pip install 'tilescout[evaluate]'" in found.stderr


def test_without_matplotlib_the_report_has_its_figures_and_says_why_no_plots(
    samples: Path, symbols: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plots, "find_spec", lambda name: None)
    found = tilescout("objects", symbols, "--truth", samples / "sample_a0.json", "--out",
                      tmp_path)  # fmt: skip

    assert found.exit_code == 0, found.output
    assert "matplotlib is not installed" in (tmp_path / "report.html").read_text()
