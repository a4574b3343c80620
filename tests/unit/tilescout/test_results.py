from __future__ import annotations

from typing import Any

from tests.unit.tilescout.sample_documents import document
from tilescout import results
from tilescout.detections import Answer, Detection
from tilescout.geometry import Box
from tilescout.ledger import PageRow

RESULT = results.ResultSet(id="d1-000007", document=document(warnings=("small text",)), made_at=9)


def detection(**changed: Any) -> Detection:
    values: dict[str, Any] = {
        "page": 2,
        "label": "valve",
        "confidence": 98.764,
        "box": Box(150.4, 300.6, 300.0, 450.0),
        "text": "FV-1023",
        "normalised_text": "FV1023",
        "tiles": (3, 4),
        "is_match": True,
    }
    return Detection(**values | changed)


def test_points_are_of_72_to_the_inch() -> None:
    assert results.points(Box(150, 300, 225, 75), dpi=150) == [72.0, 144.0, 108.0, 36.0]


def test_a_row_is_found_under_its_result_set_in_page_order() -> None:
    row = results.row(RESULT, detection(), 12, dpi=150)
    assert (row["result_id"], row["sort"]) == ("d1-000007", "00002#000012")


def test_a_row_expires_after_the_days_that_results_are_kept() -> None:
    kept = results.ResultSet(
        id="d1-000007", document=RESULT.document, made_at=1_000_000, keep_days=30
    )
    assert results.row(kept, detection(), 0, dpi=150)["expire_at"] == 1_000_000 + 30 * 86_400
    assert "expire_at" not in results.row(RESULT, detection(), 0, dpi=150)


def test_a_row_has_its_box_in_pixels_and_in_points() -> None:
    row = results.row(RESULT, detection(), 0, dpi=150)
    assert row["box_px"] == [150, 301, 300, 450]
    assert row["box_pt"] == [72.19, 144.29, 144.0, 216.0]


def test_a_row_tells_where_it_comes_from() -> None:
    row = results.row(RESULT, detection(), 0, dpi=150)
    told = ("document_id", "source_key", "source_version", "profile", "run_id", "made_at")
    assert [row[name] for name in told] == [
        "d1",
        "drawings/incoming/text/a.pdf",
        "v1",
        "text",
        "run#000007#x",
        9,
    ]


def test_a_match_is_in_the_label_index() -> None:
    row = results.row(RESULT, detection(), 12, dpi=150)
    assert row["label_shard"].startswith("valve#")
    assert row["label_key"] == "d1-000007#00002#000012"


def test_a_plain_line_stays_out_of_the_label_index() -> None:
    row = results.row(RESULT, detection(is_match=False), 12, dpi=150)
    assert "label_shard" not in row
    assert "label_key" not in row


def test_a_row_is_found_by_its_normalised_text() -> None:
    row = results.row(RESULT, detection(), 12, dpi=150)
    assert (row["text_prefix"], row["text_key"]) == ("FV", "FV1023#d1-000007#00002#000012")


def test_an_object_without_text_stays_out_of_the_text_index() -> None:
    row = results.row(RESULT, detection(text="", normalised_text=""), 12, dpi=150)
    assert "text_prefix" not in row


def test_the_file_shows_what_the_table_shows() -> None:
    row = results.row(RESULT, detection(), 12, dpi=150)
    assert results.detection_json(row) == {
        "id": "00002#000012",
        "page": 2,
        "label": "valve",
        "text": "FV-1023",
        "normalised_text": "FV1023",
        "confidence": 98.76,
        "box_px": [150, 301, 300, 450],
        "box_pt": [72.19, 144.29, 144.0, 216.0],
        "tiles": [3, 4],
        "open_sides": [],
        "model_version": "",
        "corrections": 0,
        "zone": "",
        "region": "drawing",
    }


def test_the_angle_of_an_oriented_box_has_one_decimal() -> None:
    row = results.row(RESULT, detection(angle=29.96), 12, dpi=150)
    assert (row["angle"], results.detection_json(row)["angle"]) == (30.0, 30.0)


def test_an_angle_of_almost_half_a_turn_is_none() -> None:
    assert results.row(RESULT, detection(angle=179.97), 12, dpi=150)["angle"] == 0.0


def test_what_has_no_angle_has_no_such_member() -> None:
    row = results.row(RESULT, detection(), 12, dpi=150)
    assert "angle" not in row | results.detection_json(row)


V1 = "arn:aws:rekognition:us-east-1:123456789012:project/valves/version/v1/1"
V2 = "arn:aws:rekognition:us-east-1:123456789012:project/valves/version/v2/2"


def answer(tile: int, model_version: str = "") -> Answer:
    return Answer(tile=tile, tile_box=Box(0, 0, 10, 10), model_version=model_version)


def test_a_row_names_the_version_that_saw_it() -> None:
    versions = results.versions_by_tile([answer(3, V1), answer(4, V1), answer(5, V2)])
    row = results.row(RESULT, detection(tiles=(3, 4)), 0, dpi=150, versions=versions)
    assert row["model_version"] == V1


def test_a_row_seen_by_two_versions_names_both() -> None:
    versions = results.versions_by_tile([answer(3, V2), answer(4, V1)])
    row = results.row(RESULT, detection(tiles=(3, 4)), 0, dpi=150, versions=versions)
    assert row["model_version"] == f"{V1}, {V2}"


def test_a_row_of_text_names_no_version() -> None:
    versions = results.versions_by_tile([answer(-1), answer(3)])
    assert versions == {}
    row = results.row(RESULT, detection(tiles=(-1, 3)), 0, dpi=150, versions=versions)
    assert row["model_version"] == ""


def test_one_version_is_nothing_to_warn_of() -> None:
    assert results.mixed_versions([V1, V1]) == ()
    assert results.mixed_versions([]) == ()


def test_a_retrain_between_two_runs_of_a_document_is_told() -> None:
    assert results.mixed_versions({V2, V1}) == (
        "2 versions of the model answered tiles of this document, as another was activated "
        f"between its runs: {V1}, {V2}; upload it again to have one",
    )


def test_the_head_of_the_file_names_document_outcome_cost_and_tiled_pages() -> None:
    pages = [
        PageRow(page=1, tiled=True, width_px=10, height_px=20, width_pt=4.8, dpi=150, rotation=90),
        PageRow(page=2, failed_reason="torn"),
    ]
    ended = document(
        status="PARTIAL", reason="page 2: torn", spent_usd=0.12345678, warnings=("small text",)
    )
    head = results.document_json(ended, pages)
    assert head["status"] == "PARTIAL"
    assert head["reason"] == "page 2: torn"
    assert head["source"] == {"bucket": "drawings", "key": "incoming/text/a.pdf", "version": "v1"}
    assert head["cost"] == {"spent_usd": 0.123457, "tiles_reused": 0}
    assert head["warnings"] == ["small text"]
    assert [page["page"] for page in head["pages"]] == [1]
    assert head["pages"][0]["rotation"] == 90
