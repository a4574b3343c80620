from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tilescout import keys

TEXT = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=30)


def test_a_document_id_follows_from_bucket_key_and_version_alone() -> None:
    once = keys.document_id("drawings", "incoming/text/a.pdf", "v1")
    assert once == keys.document_id("drawings", "incoming/text/a.pdf", "v1")
    assert len(once) == 32


@given(TEXT, TEXT)
def test_another_version_is_another_document(one: str, other: str) -> None:
    same = keys.document_id("b", "k", one) == keys.document_id("b", "k", other)
    assert same == (one == other)


def test_result_sets_of_a_document_sort_by_claim() -> None:
    assert keys.result_id("d", 9) < keys.result_id("d", 10)


def test_runs_sort_by_token_and_carry_the_executions_name() -> None:
    arn = "arn:aws:states:eu-west-1:123456789012:execution:DetectionRun:2026-11-20T14-00"
    assert keys.run_id(arn, 12) == "run#000012#2026-11-20T14-00"


def test_due_documents_of_a_model_sort_by_time() -> None:
    assert keys.due("textract", 999_999_999) < keys.due("textract", 1_000_000_000)


def test_the_profile_is_the_first_folder_after_incoming() -> None:
    assert keys.profile_name("incoming/text/site 7/a.pdf") == "text"


def test_a_key_without_a_profile_folder_names_none() -> None:
    assert keys.profile_name("incoming/a.pdf") == ""
    assert keys.profile_name("elsewhere/text/a.pdf") == ""


@given(st.integers(0, 999_999), st.integers(0, 999_999))
def test_tiles_sort_by_number(one: int, other: int) -> None:
    assert (keys.tile_sort(one) < keys.tile_sort(other)) == (one < other)


@given(st.integers(0, 99_999))
def test_a_band_holds_256_tiles(tile: int) -> None:
    assert keys.band_of(tile) * 256 <= tile < (keys.band_of(tile) + 1) * 256


def test_two_answers_to_one_tile_have_two_keys() -> None:
    assert keys.answer_object("d", 1, 2, "r1") != keys.answer_object("d", 1, 2, "r2")


def test_the_key_of_an_answer_tells_under_which_name_it_is_shared() -> None:
    assert keys.shared_name(keys.answer_object("d", 1, 2, "r1", "abc")) == "abc"
    assert keys.shared_name(keys.answer_object("d", 1, 2, "r1")) == ""
    assert keys.shared_name(keys.layer_object("d", 1)) == ""


def test_what_changes_a_tiles_pixels_changes_the_grid() -> None:
    assert keys.grid_hash(150, 1000) != keys.grid_hash(300, 1000)


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_label_is_found_in_one_of_its_shards(label: str, result: str) -> None:
    assert keys.label_shard(label, result) in keys.label_shards(label)
    assert len(set(keys.label_shards(label))) == 16


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=600))
def test_a_text_key_is_short_enough_for_an_index(text: str) -> None:
    key = keys.text_key(text, keys.result_id("d" * 32, 999_999), "00001#000001")
    assert len(key.encode()) <= 1_024


def test_a_group_of_merged_pages_knows_its_result_set() -> None:
    sort = keys.merged_group_sort("d1-000007", 300)
    assert sort == "MERGED#d1-000007#0001"
    assert sort.startswith(keys.merged_groups("d1-000007"))
    assert keys.merged_result(sort) == "d1-000007"


def test_a_page_s_bands_begin_alike_and_no_other_page_s_do() -> None:
    assert keys.band_sort(1, 2).startswith(keys.bands_of_page(1))
    assert not keys.band_sort(12, 2).startswith(keys.bands_of_page(1))


def test_pages_and_their_groups_begin_differently() -> None:
    assert not keys.page_group_sort(1).startswith(keys.PAGES)
    assert not keys.page_sort(1).startswith(keys.PAGE_GROUPS)


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=600))
def test_a_text_key_begins_with_what_is_looked_up(text: str) -> None:
    assert keys.text_key(text, "d-000001", "00001#000001").startswith(keys.indexed_text(text))


def test_a_text_key_begins_with_the_text() -> None:
    assert keys.text_key("FV1023", "d-000001", "00001#000001") == "FV1023#d-000001#00001#000001"


def test_a_long_text_key_is_cut_between_two_characters() -> None:
    key = keys.text_key("ÄÖ" * 500, "d-000001", "00001#000001")
    assert key.startswith("ÄÖÄÖ")
    assert key.endswith("#d-000001#00001#000001")
    assert len(key.encode()) <= 1_024
