"""The viewer in a real browser: open, zoom, filter, jump, correct, reload, undo, export."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from openpyxl import load_workbook
from PIL import Image
from playwright.sync_api import Browser
from pytest import approx

from tests.browser import chromium
from tests.browser.chromium import Viewer
from tests.browser.conftest import Serve
from tests.unit.tilescout_viewer.result_folders import (
    detection,
    places,
    withheld,
    write_drawing,
    write_result,
)

FIRST_BY_PLACE = "FV-100"
PICTURES = 60


def pick(viewer: Viewer, text: str) -> None:
    """Selects the one detection with this text on the first page."""
    viewer.page.get_by_label("Filter by text or label").fill(text)
    viewer.wait("window.tilescout.store.shown.length < 79")
    viewer.page.locator(".list .row").first.click()
    viewer.sharp()


def picture(viewer: Viewer) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The drawing with its boxes, as it is on the screen."""
    body = viewer.page.locator(".stage").screenshot()
    return np.asarray(Image.open(io.BytesIO(body)).convert("RGB"))


def test_it_opens_with_the_drawing_its_boxes_and_its_list(viewer: Viewer) -> None:
    shown = picture(viewer)
    blue = (abs(shown.astype(int) - [0, 114, 178]).sum(axis=2) < 12).sum()
    assert blue > 500
    assert viewer.page.locator(".count").text_content() == "80 of 80"
    assert viewer.page.locator(".page").count() == 2
    assert re.search(r"FV-100.*40 %", viewer.page.locator(".row").first.text_content() or "")
    assert viewer.page.title() == "plan.pdf - Tilescout"


def test_no_other_host_is_asked(viewer: Viewer) -> None:
    pick(viewer, "FV-107")
    assert {host.partition(":")[0] for host in viewer.hosts} == {"127.0.0.1"}


def test_the_drawing_is_sharp_where_it_is_zoomed_into(viewer: Viewer) -> None:
    pick(viewer, "FV-107")
    for _ in range(3):
        viewer.press("+")
    viewer.sharp()
    # New tiles fade in over the blurred ones: however slow the machine is, they end up sharp.
    for _ in range(PICTURES):
        if sharpest_edge(viewer) > 120:
            return
        viewer.page.wait_for_timeout(250)
    assert sharpest_edge(viewer) > 120


def test_zooming_while_it_jumps_ends_at_the_place_of_the_jump(viewer: Viewer) -> None:
    viewer.page.get_by_label("Filter by text or label").fill("FV-107")
    viewer.wait("window.tilescout.store.shown.length < 79")
    viewer.page.locator(".list .row").first.click()
    for _ in range(3):
        viewer.press("+")
    viewer.sharp()
    left, top, right, bottom = viewer.current()["box"]
    view = viewer.value("window.tilescout.stage.middleBox()")
    assert (view[0] + view[2]) / 2 == approx((left + right) / 2, abs=2)
    assert (view[1] + view[3]) / 2 == approx((top + bottom) / 2, abs=2)


def sharpest_edge(viewer: Viewer) -> float:
    """Returns the greatest step of grey between neighbours in the middle of the drawing."""
    shown = picture(viewer)[100:500, 100:600].mean(axis=2)
    return float(np.abs(np.diff(shown, axis=1)).max())


def test_the_filter_narrows_list_and_counts(viewer: Viewer) -> None:
    viewer.page.get_by_label("Filter by text or label").fill("fv-11")
    viewer.wait("document.querySelector('.count').textContent === '20 of 80'")
    viewer.page.get_by_role("button", name=re.compile("valve")).click()
    assert viewer.page.locator(".count").text_content() == "14 of 80"
    viewer.page.get_by_role("button", name="Reset").click()
    assert viewer.page.locator(".count").text_content() == "80 of 80"


def test_keys_walk_the_list_and_jump_to_the_other_page(viewer: Viewer) -> None:
    viewer.page.get_by_label("Order").select_option("position")
    viewer.press("j")
    assert viewer.current()["text"] == FIRST_BY_PLACE
    for _ in range(40):
        viewer.press("j")
    assert (viewer.current()["page"], viewer.current()["text"]) == (2, FIRST_BY_PLACE)
    viewer.sharp()
    assert viewer.page.locator(".page[aria-current]").text_content() == "2 · 40"


def test_a_link_leads_to_the_detection(viewer: Viewer, browser: Browser) -> None:
    pick(viewer, "FV-131")
    link = viewer.page.url
    viewer.page.goto("about:blank")
    viewer.open(link)
    assert viewer.current()["text"] == "FV-131"


def test_a_corrected_text_outlives_reload_and_is_undone_after_it(
    viewer: Viewer, folder: Path
) -> None:
    pick(viewer, "FV-107")
    viewer.press("e")
    viewer.page.keyboard.type("FV-1070")
    viewer.press("Enter")
    viewer.wait("window.tilescout.store.detections.get(window.tilescout.store.current)?.version")
    assert (viewer.current()["text"], viewer.current()["state"]) == ("FV-1070", "corrected")
    assert len((folder / "review.jsonl").read_text().splitlines()) == 1
    viewer.page.reload()
    viewer.wait("window.tilescout && window.tilescout.store.current")
    assert viewer.current()["text"] == "FV-1070"
    viewer.press("Control+z")
    viewer.wait("[...window.tilescout.store.detections.values()].every(d => d.text !== 'FV-1070')")
    viewer.press("Control+y")
    viewer.wait("[...window.tilescout.store.detections.values()].some(d => d.text === 'FV-1070')")


def test_several_at_once_are_rejected_and_undone_together(viewer: Viewer) -> None:
    viewer.page.get_by_role("button", name=re.compile("valve")).click()
    viewer.press("Control+a", "r")
    viewer.wait("document.querySelector('.chip.rejected b').textContent === '54'")
    viewer.press("Control+z")
    viewer.wait("document.querySelector('.chip.rejected b').textContent === '0'")


def test_a_box_is_drawn_with_the_mouse_and_named(viewer: Viewer) -> None:
    viewer.page.get_by_role("button", name="Draw a box (D)").click()
    stage = viewer.page.locator(".stage").bounding_box()
    assert stage is not None
    x, y = stage["x"] + 300, stage["y"] + 520
    viewer.page.mouse.move(x, y)
    viewer.page.mouse.down()
    viewer.page.mouse.move(x + 30, y + 20, steps=4)
    viewer.page.mouse.up()
    viewer.wait("document.activeElement.name === 'label'")
    viewer.page.keyboard.type("pump")
    viewer.press("Enter")
    viewer.wait("window.tilescout.store.labels().includes('pump')")
    drawn = viewer.current()
    left, top, right, bottom = drawn["box"]
    scale = 2339 / (right - left) * 30
    assert drawn["state"] == "added"
    assert 600 < scale < 760
    assert (bottom - top) / (right - left) == approx(20 / 30, abs=0.05)


def test_a_box_is_moved_with_the_mouse(viewer: Viewer) -> None:
    pick(viewer, "FV-107")
    viewer.page.wait_for_timeout(500)
    before = viewer.current()["box"]
    viewer.press("m")
    shape = viewer.page.locator(".a9s-annotation .a9s-inner, .a9s-annotation .a9s-shape-handle")
    box = shape.first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    viewer.page.mouse.move(x, y)
    viewer.page.mouse.down()
    viewer.page.mouse.move(x + 40, y, steps=5)
    viewer.page.mouse.up()
    viewer.wait(
        "window.tilescout.store.detections.get(window.tilescout.store.current)?.version >= 1"
    )
    after = viewer.current()["box"]
    assert after[0] - before[0] == approx(after[2] - before[2], abs=0.1)
    assert after[0] > before[0] + 2
    assert after[1] == approx(before[1], abs=0.1)


def test_a_box_is_moved_by_keyboard(viewer: Viewer) -> None:
    pick(viewer, "FV-107")
    left, top, right, bottom = viewer.current()["box"]
    viewer.press("Alt+ArrowRight")
    viewer.wait(
        "window.tilescout.store.detections.get(window.tilescout.store.current)?.version === 1"
    )
    viewer.press("Control+Alt+Shift+ArrowDown")
    viewer.wait(
        "window.tilescout.store.detections.get(window.tilescout.store.current)?.version === 2"
    )
    assert [round(side, 1) for side in viewer.current()["box"]] == [
        left + 1, top, right + 1, bottom + 10
    ]  # fmt: skip


def test_two_reviewers_see_each_others_edits_and_overwrite_none(
    browser: Browser, serve: Serve, folder: Path
) -> None:
    with (
        chromium.viewer(browser, serve(folder)) as ann,
        chromium.viewer(browser, serve(folder, reviewer="bob")) as bob,
    ):
        for each in (ann, bob):
            pick(each, "FV-107")
        bob.value("(window.tilescout.store.refresh = async () => {}, true)")
        ann.press("r")
        ann.saved()
        bob.press("a")
        bob.wait("document.querySelector('.message.error')?.textContent.includes('ann corrected')")
        bob.value("(delete window.tilescout.store.refresh, true)")
        bob.wait("window.tilescout.store.detections.get(window.tilescout.store.current)?.by")
        assert (bob.current()["state"], bob.current()["by"]) == ("rejected", "ann")
        bob.press("a")
        bob.saved()
        ann.wait(
            "window.tilescout.store.detections.get(window.tilescout.store.current)?.by === 'bob'"
        )
        assert ann.current()["state"] == "accepted"


def test_a_corrected_tag_is_in_the_excel_file(viewer: Viewer, tmp_path: Path) -> None:
    pick(viewer, "FV-107")
    viewer.press("e")
    viewer.page.keyboard.type("=1+1")
    viewer.press("Enter")
    viewer.saved()
    viewer.page.locator(".exports summary").click()
    with viewer.page.expect_download() as download:
        viewer.page.get_by_role("button", name="Excel").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name == "plan.xlsx"
    sheet = load_workbook(path)["Detections"]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value == "=1+1"]
    assert [cell.data_type for cell in cells] == ["s"]


def test_a_new_run_shows_what_it_changed_under_the_review(viewer: Viewer, folder: Path) -> None:
    pick(viewer, "FV-107")
    viewer.press("a")
    viewer.saved()
    again = [detection(0, box_pt=(40, 60, 64, 84), label="instrument", text="FV-100")]
    write_result(folder, again, result=2)
    viewer.wait("document.querySelector('.badge.warn')?.textContent === 'not found now'")
    viewer.page.get_by_role("button", name="Reset").click()
    assert viewer.page.locator(".count").text_content() == "2 of 2"


def test_a_layer_that_the_file_hides_is_shown_and_said_not_to_be_detected(viewer: Viewer) -> None:
    label = viewer.page.locator(".layer", has_text="setting out")
    assert "nothing was detected on it" in (label.text_content() or "")
    viewer.sharp()
    before = picture(viewer)
    label.locator("input").check()
    viewer.page.wait_for_timeout(200)
    viewer.sharp()
    viewer.page.wait_for_timeout(400)
    after = picture(viewer)
    assert (before[:, :500] != after[:, :500]).any()
    assert viewer.page.get_by_text("The layers differ from those that were detected.").is_visible()


def test_a_search_finds_in_all_documents_and_jumps(
    browser: Browser, serve: Serve, folder: Path, tmp_path: Path
) -> None:
    other = [detection(0, box_pt=(40, 60, 64, 84), label="pump", text="P-4711")]
    write_result(tmp_path / "other", other, name="second.pdf")
    with chromium.viewer(browser, serve(folder, tmp_path / "other")) as viewer:
        viewer.press("f")
        viewer.page.keyboard.type("p-47")
        viewer.page.locator(".hit").click()
        viewer.wait("window.tilescout.store.current")
        assert viewer.current()["text"] == "P-4711"
        assert viewer.page.title() == "second.pdf - Tilescout"


def test_one_symbol_teaches_all_documents(
    browser: Browser, serve: Serve, folder: Path, tmp_path: Path
) -> None:
    (box, _), *_ = places()
    write_result(folder, [detection(0, box_pt=box, label="bubble")], pages=1)
    other = tmp_path / "other"
    write_result(other, [], name="second.pdf", pages=1)
    (other / "drawing.pdf").write_bytes((folder / "drawing.pdf").read_bytes())
    with chromium.viewer(browser, serve(folder, other)) as viewer:
        viewer.press("j", "y")
        viewer.wait("document.querySelector('.message')?.textContent.includes('Page 2 of 2')")
        assert "39 to judge" in (viewer.page.locator(".document").first.text_content() or "")
        viewer.page.locator(".document").nth(1).click()
        viewer.wait("document.title.startsWith('second.pdf')")
        viewer.press("j", "a", "r")
        viewer.saved()
        viewer.wait("window.tilescout.store.detections.size === 39")
        second = viewer.page.locator(".document").nth(1).text_content() or ""
    assert "38 to judge" in second


def test_a_symbol_that_was_looked_for_is_saved_as_a_profile(
    browser: Browser, serve: Serve, folder: Path, tmp_path: Path
) -> None:
    (box, _), *_ = places()
    write_result(folder, [detection(0, box_pt=box, label="bubble")], pages=1)
    with chromium.viewer(browser, serve(folder)) as viewer:
        viewer.press("j")
        assert not viewer.page.locator(".profile").is_visible()
        viewer.press("y")
        viewer.wait("document.querySelector('.message')?.textContent.includes('Page 1 of 1')")
        viewer.press("j", "r", "p")
        viewer.page.keyboard.type("bubbles")
        viewer.page.keyboard.press("Enter")
        written_to = viewer.page.locator(".message", has_text="Profile bubbles written to")
        written_to.wait_for()
    written = json.loads((tmp_path / "profiles" / "bubbles.profile.json").read_text())
    examples = written["bubbles"]["examples"]
    assert [each.get("label", "") for each in examples] == ["bubble", ""]
    assert [each.get("reject", False) for each in examples] == [False, True]


def test_withheld_places_are_shown_on_demand_with_their_reason_and_accepted(
    browser: Browser, serve: Serve, folder: Path
) -> None:
    rows = [
        withheld(3, "its lettering is 'S', the example's is 'J'"),
        withheld(9, "it is rejected"),
    ]
    write_result(folder, [detection(0, box_pt=places()[0][0], label="valve")], withheld=rows)
    with chromium.viewer(browser, serve(folder)) as viewer:
        assert viewer.page.locator(".count").text_content() == "1 of 1"
        before = picture(viewer)
        viewer.page.locator(".chip.withheld").click()
        assert viewer.page.locator(".count").text_content() == "3 of 3"
        assert (picture(viewer) != before).any()
        viewer.press("j")
        assert "withheld: its lettering is 'S'" in viewer.page.locator(".facts").inner_text()
        viewer.press("a")
        viewer.saved()
        assert (viewer.current()["state"], viewer.current()["label"]) == ("added", "valve")
        assert viewer.page.locator(".chip.withheld b").text_content() == "1"
        viewer.press("Control+z")
        viewer.wait("document.querySelector('.chip.withheld b').textContent === '2'")
        viewer.press("j", "a")
        viewer.wait("document.querySelector('.chip.added b').textContent === '1'")
        viewer.page.reload()
        viewer.wait("window.tilescout && window.tilescout.store.opened")
        assert viewer.page.locator(".count").text_content() == "2 of 2"


def test_what_a_run_left_out_is_told(browser: Browser, serve: Serve, folder: Path) -> None:
    path = folder / "detections.json"
    result = json.loads(path.read_text())
    result["document"]["warnings"] = ["page 1: 60 lines of ink were left out"]
    path.write_text(json.dumps(result))
    with chromium.viewer(browser, serve(folder)) as viewer:
        viewer.page.get_by_text("1 warning").click()
        assert viewer.page.get_by_text("page 1: 60 lines of ink were left out").is_visible()


def test_a_dark_page_is_made_light_by_a_key_and_stays_so(
    browser: Browser, serve: Serve, folder: Path
) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    with chromium.viewer(browser, serve(folder), color_scheme="dark") as viewer:
        assert viewer.value(ground) == "rgb(20, 23, 28)"
        viewer.press("t")
        assert viewer.value(ground) == "rgb(255, 255, 255)"
        viewer.page.reload()
        viewer.wait("window.tilescout && window.tilescout.store.opened")
        assert viewer.value(ground) == "rgb(255, 255, 255)"
        viewer.press("t")
        assert viewer.value(ground) == "rgb(20, 23, 28)"


def test_a_tablet_has_room_for_the_drawing(browser: Browser, serve: Serve, folder: Path) -> None:
    tablet = {"width": 820, "height": 1100}
    with chromium.viewer(browser, serve(folder), viewport=tablet, has_touch=True) as viewer:
        stage = viewer.page.locator(".stage").bounding_box()
        assert stage is not None and stage["width"] >= 480
        viewer.page.get_by_role("button", name="Documents and pages").tap()
        assert viewer.page.locator(".sidebar").is_visible()
        assert viewer.page.evaluate("document.documentElement.scrollWidth") <= 820


HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "javascript:alert(1)",
    "\"'><svg onload=alert(1)>",
    '=HYPERLINK("http://evil.example")',
    "‮txet desrever",
    "null\x00byte\x07\x1b[31m",
    "{{7*7}}${7*7}",
    "\ud800".encode("utf-8", "replace").decode(),
    "ﷺ" * 50,
    "x" * 3000,
)


def test_nothing_of_a_hostile_document_runs_or_breaks(
    browser: Browser, serve: Serve, tmp_path: Path
) -> None:
    rows = [
        detection(n, box_pt=(40 + 40 * n, 60, 64 + 40 * n, 84), label=text or "x", text=text)
        for n, text in enumerate(HOSTILE)
    ]
    doubts = [withheld(39, HOSTILE[0])]
    (tmp_path / "out").mkdir()
    write_drawing(tmp_path / "out" / "drawing.pdf", hidden_layer=HOSTILE[0])
    folder = write_result(
        tmp_path / "out", rows, withheld=doubts, name="<img src=x onerror=alert(1)>.pdf"
    )
    result = json.loads((folder / "detections.json").read_text())
    result["document"]["warnings"] = list(HOSTILE[:4])
    (folder / "detections.json").write_text(json.dumps(result))
    with chromium.viewer(browser, serve(folder)) as viewer:
        ran: list[str] = []
        viewer.page.on("dialog", lambda dialog: ran.append(dialog.message) or dialog.dismiss())
        for number in range(len(HOSTILE)):
            viewer.press("j")
            viewer.wait(
                f"window.tilescout.store.shown[{number}].id === window.tilescout.store.current"
            )
        viewer.press("a")
        viewer.saved()
        assert HOSTILE[0] in viewer.page.locator(".layers").inner_text()
        viewer.page.get_by_text("4 warnings").click()
        assert HOSTILE[1] in viewer.page.locator(".warnings").inner_text()
        viewer.page.locator(".chip.withheld").click()
        viewer.page.locator(".list").evaluate("list => { list.scrollTop = 0; }")
        viewer.page.get_by_text(f"page 1 · {HOSTILE[0]}").wait_for()
        viewer.page.get_by_label("Search all documents").fill("alert")
        viewer.page.locator(".hit").first.click()
        assert viewer.page.locator("img[src=x], .list script, svg[onload]").count() == 0
        assert ran == []
        review = (folder / "review.jsonl").read_text()
        assert json.loads(review)["steps"]
        assert {host.partition(":")[0] for host in viewer.hosts} == {"127.0.0.1"}


def test_the_html_folder_opens_without_a_server(
    browser: Browser, serve: Serve, folder: Path, tmp_path: Path
) -> None:
    with chromium.viewer(browser, serve(folder)) as viewer:
        pick(viewer, "FV-107")
        viewer.press("r")
        viewer.saved()
        viewer.page.locator(".exports summary").click()
        with viewer.page.expect_download() as download:
            viewer.page.get_by_role("button", name="HTML folder").click()
        download.value.save_as(tmp_path / "plan.zip")
    with ZipFile(tmp_path / "plan.zip") as archive:
        archive.extractall(tmp_path / "sent")
    index = tmp_path / "sent" / "plan" / "index.html"
    with chromium.viewer(browser, index.as_uri()) as sent:
        assert sent.page.locator(".count").text_content() == "79 of 79"
        pick(sent, "FV-131")
        assert sent.page.get_by_role("button", name="Accept", exact=True).count() == 0
        assert sent.hosts == {""}
        shown = picture(sent).astype(int)
        assert (shown.max(axis=2) < 60).sum() > 100
        assert (shown.max(axis=2) - shown.min(axis=2) > 100).sum() > 100


def test_a_symbol_is_taught_and_each_find_accepted_or_rejected(
    browser: Browser, serve: Serve, folder: Path
) -> None:
    one = detection(0, box_pt=(40, 60, 64, 84), label="bubble", text="FV-100")
    write_result(folder, [one])
    with chromium.viewer(browser, serve(folder)) as viewer:
        viewer.press("j", "y")
        viewer.wait("document.querySelector('.chip.proposed b')?.textContent === '79'", 60)
        viewer.press("j", "a")
        viewer.wait("document.querySelector('.chip.added b').textContent === '1'")
        viewer.press("r")
        viewer.wait("document.querySelector('.chip.proposed b').textContent === '77'")
        viewer.press("Control+z")
        viewer.wait("document.querySelector('.chip.added b').textContent === '0'")
