"""With the renderer pdfium nothing in a function imports PyMuPDF, which its layer lacks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.handlers.account import ENVIRONMENT
from tests.unit.tilescout.rendering.pdf_files import blank_page, save

HANDLERS = Path(__file__).parents[4] / "lambdas" / "tilescout" / "handlers"
FUNCTIONS = sorted(
    path.stem for path in HANDLERS.glob("*.py") if "def handler(" in path.read_text()
)
CALLER = """
import importlib, json, sys
from pathlib import Path
from tilescout.profiles import Profile
from tilescout.rendering.process import RenderLimits
from tilescout.rendering.render import inspect_for_profile, render_page
from tilescout.rendering.requests import RenderRequest

for name in sys.argv[2:]:
    importlib.import_module(f"tilescout.handlers.{name}")
path, tiles = Path(sys.argv[1]), []
limits = RenderLimits(renderer="pdfium")
profile = Profile(name="p", detector="textract", dpi=150, tile_size=1024, overlap=64,
                  text_layer="first", max_dpi=300)
facts = inspect_for_profile(path, profile, limits=limits)
page = render_page(path, RenderRequest.for_page(1, profile), tiles.append, limits)
print(json.dumps([facts.pages[0].width_pt, [word.text for word in page.words], len(tiles)]))
"""


@pytest.fixture
def without_pymupdf(tmp_path: Path) -> Path:
    """Returns a folder that comes first on the path of a process and of its children."""
    folder = tmp_path / "blocked"
    folder.mkdir()
    for name in ("pymupdf", "fitz"):
        (folder / f"{name}.py").write_text(f"raise ImportError('{name} is imported')\n")
    (folder / "profiles.json").write_text(
        '{"profiles": [], "default_profile": "text", "prices": {}}'
    )
    return folder


def run(folder: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(folder), *filter(None, sys.path)])
    environment = os.environ | ENVIRONMENT | {
        "PYTHONPATH": path, "LAMBDA_TASK_ROOT": str(folder), "RENDERER": "pdfium",
    }  # fmt: skip
    command = [sys.executable, "-P", "-c", program, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_functions_and_pages_need_no_pymupdf(tmp_path: Path, without_pymupdf: Path) -> None:
    document, page = blank_page()
    page.insert_text((50, 100), "FV-1023")
    page.draw_line((0, 300), (600, 300))

    ended = run(without_pymupdf, CALLER, str(save(document, tmp_path)), *FUNCTIONS)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == '[600.0, ["FV-1023"], 2]\n'


def test_an_import_of_pymupdf_would_be_seen(without_pymupdf: Path) -> None:
    ended = run(without_pymupdf, "import tilescout.rendering.mupdf.document")
    assert "pymupdf is imported" in ended.stderr


def test_every_function_is_tried() -> None:
    assert {"accept_document", "tile_page", "merge_page", "guard"} <= set(FUNCTIONS)
