"""The viewer's HTTP interface: who gets in, and what is answered."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient

from tests.unit.tilescout_viewer.result_folders import (
    detection,
    places,
    withheld,
    write_drawing,
    write_result,
)
from tilescout_drawings.tile_cache import TileCache
from tilescout_examples.saved_profile import ProfilePlaces
from tilescout_reviews.review import Author
from tilescout_viewer import app
from tilescout_viewer.library import Library
from tilescout_viewer.sources import LocalFiles

PORT, TOKEN = 4321, "a-secret"
ORIGIN = f"http://127.0.0.1:{PORT}"
JSON = {"content-type": "application/json", "origin": ORIGIN}


@contextmanager
def client(folder: Path, *others: Path, reviewer: str = "ann") -> Iterator[TestClient]:
    """A browser that opened the address with the token."""
    cache = TileCache(folder.parent / "cache")
    author = Author(name=reviewer, now=lambda: 1000)
    places = ProfilePlaces(folder=folder.parent / "profiles")
    library = Library(LocalFiles([folder, *others]), cache, author, places)
    browser = TestClient(app.create(library, token=TOKEN, port=PORT), base_url=ORIGIN)
    browser.get(f"/?token={TOKEN}")
    yield browser
    library.close()


@pytest.fixture(scope="module")
def _drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("drawn") / "drawing.pdf"
    write_drawing(path)
    return path


@pytest.fixture
def folder(tmp_path: Path, _drawn: Path) -> Path:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "drawing.pdf").write_bytes(_drawn.read_bytes())
    return write_result(tmp_path / "out")


@pytest.fixture
def ann(folder: Path) -> Iterator[TestClient]:
    with client(folder) as opened:
        yield opened


def document_id(viewer: TestClient) -> str:
    (document,) = viewer.get("/api/documents").json()["documents"]
    return str(document["id"])


def opened(viewer: TestClient) -> dict[str, Any]:
    answer: dict[str, Any] = viewer.get(f"/api/documents/{document_id(viewer)}").json()
    return answer


def edit(viewer: TestClient, *edits: dict[str, Any], group: str = "group-000001") -> Any:
    body = json.dumps({"group": group, "edits": list(edits)})
    return viewer.post(f"/api/documents/{document_id(viewer)}/edits", content=body, headers=JSON)


class TestWhoGetsIn:
    """Requests without the token, of another site or to another path get nothing."""

    def test_the_token_is_exchanged_for_a_cookie_that_scripts_do_not_see(
        self, folder: Path
    ) -> None:
        with client(folder) as viewer:
            answer = viewer.get(f"/?token={TOKEN}&x=1", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/?x=1")
        assert "HttpOnly; SameSite=Strict" in answer.headers["set-cookie"]

    @pytest.mark.parametrize("path", ["/", "/api/documents", "/files/viewer.js", "/?token=guess"])
    def test_without_the_token_nothing_is_answered(self, ann: TestClient, path: str) -> None:
        stranger = TestClient(ann.app, base_url=ORIGIN)
        answer = stranger.get(path)
        assert answer.status_code == 403
        assert "tilescout-" not in answer.headers.get("set-cookie", "")

    @pytest.mark.parametrize(
        "headers",
        [
            {"host": "evil.example"},
            {"host": "127.0.0.1.evil.example:4321"},
            {"origin": "http://evil.example"},
            {"origin": "null"},
            {"origin": "http://127.0.0.1:9999"},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
        ],
        ids=lambda headers: " ".join(f"{k}-{v}" for k, v in headers.items()),
    )
    def test_another_host_or_origin_gets_nothing(
        self, ann: TestClient, headers: dict[str, str]
    ) -> None:
        answer = ann.get("/api/documents", headers=headers)
        assert (answer.status_code, answer.content) == (403, b"")

    def test_a_change_needs_the_origin_and_json(self, ann: TestClient) -> None:
        path = f"/api/documents/{document_id(ann)}/undo"
        body = '{"group": "group-000001"}'
        without = ann.post(path, content=body, headers={"content-type": "application/json"})
        as_form = ann.post(path, content=body, headers={"origin": ORIGIN})
        assert (without.status_code, as_form.status_code) == (403, 415)

    @pytest.mark.parametrize(
        "path",
        [
            "/files/../app.py",
            "/files/%2e%2e/app.py",
            "/files/..%2f..%2fhtml.py",
            "/etc/passwd",
            "/api/documents/../../etc",
            "/api/nothing",
        ],
    )
    def test_another_path_gets_nothing(self, ann: TestClient, path: str) -> None:
        answer = ann.get(path)
        assert answer.status_code in (404, 422)
        assert b"def " not in answer.content
        assert b"root:" not in answer.content

    def test_every_answer_has_the_strict_policy(self, ann: TestClient) -> None:
        for path in ("/", "/api/documents", "/api/nothing"):
            policy = ann.get(path).headers["content-security-policy"]
            assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
            assert "unsafe" not in policy
            assert "http" not in policy


class TestWhatIsShown:
    def test_the_size_of_what_is_drawn_is_told_until_its_box_is_moved(self, folder: Path) -> None:
        (box, text), *_ = places()
        sized = detection(0, box_pt=box, text=text) | {"size_mm": [1200.0, 600.5]}
        write_result(folder, [sized])
        with client(folder) as ann:
            (first,) = opened(ann)["detections"]
            assert first["sizeMm"] == [1200.0, 600.5]
            edit(ann, {"id": first["id"], "version": 0, "box": [0, 0, 50, 50]})
            assert "sizeMm" not in opened(ann)["detections"][0]

    @pytest.mark.parametrize(
        ("fields", "name"),
        [
            ({"number": "E201A", "revision": "B"}, "E201A rev. B"),
            ({"number": "E201A"}, "E201A"),
            ({"revision": "B"}, ""),
        ],
    )
    def test_a_page_is_named_by_the_number_of_its_sheet(
        self, folder: Path, fields: dict[str, str], name: str
    ) -> None:
        path = write_result(folder) / "detections.json"
        result = json.loads(path.read_text())
        result["document"]["pages"][0]["sheet"] = {"fields": fields}
        path.write_text(json.dumps(result))
        with client(folder) as ann:
            assert [page["sheet"] for page in opened(ann)["pages"]] == [name, ""]

    def test_the_list_tells_what_there_is(self, ann: TestClient) -> None:
        answer = ann.get("/api/documents").json()
        (document,) = answer["documents"]
        assert (document["name"], document["profile"]) == ("plan.pdf", "tags")
        assert (document["pages"], document["detections"]) == (2, 80)
        assert answer["reviewer"] == "ann"
        assert {"name": "xlsx", "title": "Excel"} in answer["formats"]

    def test_a_document_has_its_pages_and_detections_in_pixels(self, ann: TestClient) -> None:
        answer = opened(ann)
        assert answer["pages"][0] == {
            "page": 1, "width": 2339, "height": 1653, "dpi": 200, "magnification": 4,
            "levels": 15, "tilePx": 512, "sheet": "",
        }  # fmt: skip
        first = answer["detections"][0]
        assert (first["text"], first["box"], first["state"]) == (
            "FV-100",
            [111, 167, 178, 233],
            "unreviewed",
        )

    def test_tiles_and_thumbnails_are_pictures(self, ann: TestClient) -> None:
        path = f"/api/documents/{document_id(ann)}/pages/1"
        tile = ann.get(f"{path}/tiles/14/0/0")
        assert Image.open(io.BytesIO(tile.content)).size == (512, 512)
        thumbnail = ann.get(f"{path}/thumbnail")
        assert Image.open(io.BytesIO(thumbnail.content)).size == (293, 207)

    @pytest.mark.parametrize("place", ["14/99/0", "15/0/0", "99/0/0", "14/0/0?layers=x"])
    def test_a_tile_that_is_not_there_is_not_found(self, ann: TestClient, place: str) -> None:
        path = f"/api/documents/{document_id(ann)}/pages/1/tiles/{place}"
        assert ann.get(path).status_code == 404

    def test_layers_tell_what_the_file_hides(self, ann: TestClient) -> None:
        layers = ann.get(f"/api/documents/{document_id(ann)}/layers").json()["layers"]
        assert {layer["name"]: layer["isShown"] for layer in layers} == {
            "setting out": False,
            "piping": True,
        }

    def test_a_pdf_without_a_result_is_shown_without_detections(self, tmp_path: Path) -> None:
        write_drawing(tmp_path / "bare.pdf", pages=1)
        with client(tmp_path / "bare.pdf") as viewer:
            (document,) = viewer.get("/api/documents").json()["documents"]
            assert (document["status"], document["detections"]) == ("NOT DETECTED", None)
            assert opened(viewer)["detections"] == []

    def test_a_folder_that_cannot_be_read_is_listed_with_the_reason(self, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "detections.json").write_text("{")
        with client(tmp_path / "out") as viewer:
            (document,) = viewer.get("/api/documents").json()["documents"]
        assert document["status"].startswith("UNREADABLE: ")
        assert document["pages"] == 0

    def test_a_document_without_its_drawing_says_where_to_put_it(self, tmp_path: Path) -> None:
        folder = write_result(tmp_path / "out")
        (folder / "drawing.pdf").unlink()
        with client(folder) as viewer:
            answer = viewer.get(f"/api/documents/{document_id(viewer)}/pages/1/thumbnail")
        assert answer.status_code == 422
        assert "copy it there" in answer.json()["error"]

    def test_a_search_finds_texts_of_all_documents_and_counts_all(self, tmp_path: Path) -> None:
        many = [detection(n, box_pt=(1, 1, 9, 9), text=f"TAG {n}") for n in range(700)]
        write_result(tmp_path / "out" / "a", many)
        write_result(tmp_path / "out" / "b", [], name="other.pdf")
        with client(tmp_path / "out") as viewer:
            answer = viewer.get("/api/search?text=tag").json()
            one = viewer.get("/api/search?text=tag 699").json()
        assert (len(answer["hits"]), answer["total"]) == (500, 700)
        assert [hit["text"] for hit in one["hits"]] == ["TAG 699"]


class TestCorrecting:
    def test_an_edit_answers_what_changed(self, ann: TestClient) -> None:
        first = opened(ann)["detections"][0]
        answer = edit(ann, {"id": first["id"], "version": 0, "text": "FV-999"}).json()
        (changed,) = answer["detections"]
        assert (changed["text"], changed["state"], changed["by"]) == ("FV-999", "corrected", "ann")
        assert (changed["version"], changed["box"]) == (1, first["box"])

    def test_the_edit_outlives_the_server(self, folder: Path) -> None:
        with client(folder) as viewer:
            first = opened(viewer)["detections"][0]
            edit(viewer, {"id": first["id"], "version": 0, "verdict": "rejected"})
        with client(folder) as again:
            assert opened(again)["detections"][0]["state"] == "rejected"

    def test_a_moved_box_is_kept_to_a_hundredth_of_a_pixel(self, ann: TestClient) -> None:
        first = opened(ann)["detections"][0]
        box = [120.25, 170.5, 200.75, 240.01]
        answer = edit(ann, {"id": first["id"], "version": 0, "box": box}).json()
        assert answer["detections"][0]["box"] == pytest.approx(box, abs=0.01)

    def test_two_people_see_each_others_edits_and_none_is_overwritten(self, folder: Path) -> None:
        with client(folder) as ann, client(folder, reviewer="bob") as bob:
            first = opened(bob)["detections"][0]
            edit(ann, {"id": first["id"], "version": 0, "text": "by ann"})
            refused = edit(bob, {"id": first["id"], "version": 0, "text": "by bob"})
            assert (refused.status_code, refused.json()["ids"]) == (409, [first["id"]])
            assert "ann corrected 1" in refused.json()["error"]
            seen = bob.get(f"/api/documents/{document_id(bob)}/changes?after=0").json()
            assert [each["text"] for each in seen["detections"]] == ["by ann"]

    def test_a_box_is_drawn_and_undo_takes_it_away(self, ann: TestClient) -> None:
        drawn = {"id": "drawn-00000001", "version": 0, "page": 2, "box": [10, 10, 50, 60],
                 "label": "pump"}  # fmt: skip
        answer = edit(ann, drawn).json()
        assert [each["state"] for each in answer["detections"]] == ["added"]
        path = f"/api/documents/{document_id(ann)}/undo?after={answer['number']}"
        undone = ann.post(path, content='{"group": "group-000002"}', headers=JSON).json()
        assert (undone["detections"], undone["removed"]) == ([], ["drawn-00000001"])

    def test_a_withheld_place_is_accepted_and_undone(self, folder: Path) -> None:
        write_result(folder, [], withheld=[withheld(3, "it is too wide"), withheld(9, "a decoy")])
        with client(folder) as ann:
            place, other = opened(ann)["detections"]
            assert (place["state"], place["reason"], place["version"]) == (
                "withheld", "it is too wide", 0
            )  # fmt: skip
            accept = {name: place[name] for name in ("id", "version", "page", "box", "label")}
            answer = edit(ann, accept | {"verdict": "accepted"}).json()
            assert [each["state"] for each in answer["detections"]] == ["added"]
            assert [each["state"] for each in opened(ann)["detections"]] == ["added", "withheld"]
            path = f"/api/documents/{document_id(ann)}/undo?after={answer['number']}"
            undone = ann.post(path, content='{"group": "group-000002"}', headers=JSON).json()
            (again,) = undone["detections"]
            assert (again["state"], again["version"], undone["removed"]) == ("withheld", 2, [])
            assert opened(ann)["detections"] == [again, other]

    def test_two_people_accept_a_withheld_place_once(self, folder: Path) -> None:
        write_result(folder, [], withheld=[withheld(3, "it is too wide")])
        with client(folder) as ann, client(folder, reviewer="bob") as bob:
            (place,) = opened(ann)["detections"]
            accept = {name: place[name] for name in ("id", "version", "page", "box", "label")}
            assert edit(ann, accept).status_code == 200
            assert edit(bob, accept).status_code == 409

    def test_nothing_to_undo_is_told(self, ann: TestClient) -> None:
        path = f"/api/documents/{document_id(ann)}/undo"
        answer = ann.post(path, content='{"group": "group-000002"}', headers=JSON)
        assert (answer.status_code, answer.json()["error"]) == (422, "there is nothing to undo")

    @pytest.mark.parametrize(
        "wrong",
        [
            {"id": "x", "version": -1, "text": "a"},
            {"id": "x", "version": 0, "box": [1, 2, 3]},
            {"id": "x", "version": 0, "box": [1, 2, 3, "NaN"]},
            {"id": "x", "version": 0, "surprise": 1},
            {"id": "", "version": 0},
        ],
    )
    def test_an_edit_of_another_shape_is_refused(
        self, ann: TestClient, wrong: dict[str, Any]
    ) -> None:
        assert edit(ann, wrong).status_code == 400

    def test_a_body_without_end_is_cut_off(self, ann: TestClient) -> None:
        path = f"/api/documents/{document_id(ann)}/edits"
        assert ann.post(path, content=b" " * 2_000_001, headers=JSON).status_code == 413

    def test_a_new_run_keeps_the_review_and_says_what_differs(
        self, folder: Path, ann: TestClient
    ) -> None:
        before = opened(ann)
        first, second = before["detections"][:2]
        edit(ann, {"id": first["id"], "version": 0, "verdict": "accepted"})
        again = [detection(0, box_pt=(40, 60, 64, 84), label="instrument", text="FV-1O0")]
        write_result(folder, again, result=2)
        after = opened(ann)
        assert after["resultId"] != before["resultId"]
        (kept,) = after["detections"]
        assert (kept["text"], kept["state"], kept["difference"]) == (
            "FV-100",
            "accepted",
            "different",
        )
        assert kept["found"] == {"label": "instrument", "text": "FV-1O0"}
        assert second["id"] != kept["id"]


def test_the_export_takes_the_reviewed_state(ann: TestClient) -> None:
    first, second = opened(ann)["detections"][:2]
    edit(
        ann,
        {"id": first["id"], "version": 0, "verdict": "rejected"},
        {"id": second["id"], "version": 0, "text": "FV-555"},
    )
    answer = ann.get("/api/exports/json")
    assert 'attachment; filename="plan.json"' in answer.headers["content-disposition"]
    exported = json.loads(answer.content)
    assert len(exported["detections"]) == 79
    assert exported["detections"][0]["text"] == "FV-555"


def test_an_unknown_format_is_told(ann: TestClient) -> None:
    answer = ann.get("/api/exports/docx")
    assert answer.status_code == 422
    assert "a format is one of xlsx, csv" in answer.json()["error"]


def save(viewer: TestClient, name: str, box: list[float]) -> Any:
    """Saves the symbol in a box of the first page as a profile."""
    example = {"document": document_id(viewer), "page": 1, "box": box}
    body = {"name": name, "page": 1, "label": "bubble", "examples": [example]}
    return viewer.post("/api/profiles", content=json.dumps(body), headers=JSON)


class TestTeaching:
    """A box round one symbol brings the others of the page."""

    def similar(self, viewer: TestClient, example: dict[str, Any], at: int = 0, **sent: Any) -> Any:
        """Searches the document at a place of the list by an example on the first document."""
        listed = viewer.get("/api/documents").json()["documents"]
        example = {"document": listed[0]["id"]} | example
        body = json.dumps({"page": 1, "label": "bubble", "examples": [example]} | sent)
        path = f"/api/documents/{listed[at]['id']}/similar"
        return viewer.post(path, content=body, headers=JSON)

    def test_the_other_symbols_are_found_and_the_known_one_is_not(self, folder: Path) -> None:
        one = detection(0, box_pt=(40, 60, 64, 84), label="bubble")
        write_result(folder, [one])
        with client(folder) as viewer:
            example = {"page": 1, "box": one["box_px"]}
            finds = self.similar(viewer, example).json()["finds"]
        assert len(finds) == 39
        scores = [each["score"] for each in finds]
        assert scores == sorted(scores)
        lefts = sorted({round(each["box"][0] * 72 / 200) for each in finds})
        assert lefts == pytest.approx([40 + column * 92.75 for column in range(8)], abs=2)

    def test_a_box_without_strokes_is_told(self, ann: TestClient) -> None:
        answer = self.similar(ann, {"page": 1, "box": [2000, 1500, 2010, 1510]})
        assert answer.status_code == 422
        assert answer.json()["error"]

    def test_a_page_that_is_not_there_is_refused(self, ann: TestClient) -> None:
        example = {"page": 1, "box": [1, 1, 9, 9]}
        assert self.similar(ann, example, page=7).status_code == 400
        assert self.similar(ann, example | {"page": 7}).status_code == 400

    def test_what_was_taught_is_saved_as_a_profile(self, folder: Path) -> None:
        one = detection(0, box_pt=(40, 60, 64, 84), label="bubble")
        write_result(folder, [one])
        with client(folder) as viewer:
            answer = save(viewer, "bubbles", one["box_px"])
        written = folder.parent / "profiles" / "bubbles.profile.json"
        assert f"profile bubbles written to {written}" in answer.json()["told"]
        (example,) = json.loads(written.read_text())["bubbles"]["examples"]
        assert (example["pdf"], example["label"]) == ("drawing.pdf", "bubble")
        assert example["box"] == pytest.approx([40, 60, 64, 84], abs=0.5)

    def test_a_profile_whose_name_is_a_path_is_refused(self, folder: Path) -> None:
        one = detection(0, box_pt=(40, 60, 64, 84), label="bubble")
        write_result(folder, [one])
        with client(folder) as viewer:
            answer = save(viewer, "../bubbles", one["box_px"])
        assert answer.status_code == 422
        assert "letters, digits" in answer.json()["error"]

    def test_a_symbol_of_one_drawing_is_found_on_another(
        self, folder: Path, tmp_path: Path
    ) -> None:
        one = detection(0, box_pt=(40, 60, 64, 84), label="bubble")
        write_result(folder, [one])
        other = tmp_path / "other"
        write_result(other, [], name="second.pdf")
        (other / "drawing.pdf").write_bytes((folder / "drawing.pdf").read_bytes())
        with client(folder, other) as viewer:
            finds = self.similar(viewer, {"page": 1, "box": one["box_px"]}, at=1).json()["finds"]
        assert len(finds) == 40

    def test_an_example_on_a_document_that_is_not_there_is_told(self, ann: TestClient) -> None:
        answer = self.similar(ann, {"page": 1, "box": [1, 1, 9, 9], "document": "none"})
        assert answer.status_code in (400, 404, 422)
        assert "none" in answer.json()["error"]
