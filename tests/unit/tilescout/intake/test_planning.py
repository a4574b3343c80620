"""A document's plan: tiles, calls and dollars before anything is paid for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tilescout.errors import BudgetExceeded, UnreadableDocument, UnsupportedPage
from tilescout.intake.planning import DocumentPlan, PagePlan, plan_document
from tilescout.pricing import PriceTable
from tilescout.profiles import Profile, Region
from tilescout.rendering.requests import DocumentFacts, LetteringHeight, PageFacts

A0_PT = (3370.394, 2383.937)
AROUND = (
    "lambda_request",
    "lambda_gb_second",
    "step_functions_transition",
    "eventbridge_event",
    "sqs_request",
    "s3_put",
    "s3_get",
    "dynamodb_write",
    "dynamodb_read",
)
FREE_AROUND = PriceTable().with_overrides(dict.fromkeys(AROUND, 0.0))


def profile(**changes: Any) -> Profile:
    settings: dict[str, Any] = {
        "name": "tags",
        "detector": "textract",
        "dpi": 200,
        "tile_size": 2048,
        "overlap": 256,
    }
    return Profile(**(settings | changes))


def facts(*sizes: tuple[float, float], text_pt: float | None = None) -> DocumentFacts:
    pages = tuple(
        PageFacts(
            page=number,
            width_pt=width,
            height_pt=height,
            rotation=0,
            smallest_text_pt=text_pt,
        )
        for number, (width, height) in enumerate(sizes, start=1)
    )
    return DocumentFacts(pages=pages, page_count=len(pages), warnings=())


def planned(document: DocumentFacts, **changes: Any) -> DocumentPlan:
    return plan_document(document, profile(**changes), FREE_AROUND)


def test_an_a0_sheet_has_24_tiles() -> None:
    plan = planned(facts(A0_PT))

    assert plan.pages == (PagePlan(page=1, width_px=9363, height_px=6623, dpi=200, tiles=24),)
    assert plan.tiles == 24


def test_the_second_scale_is_planned_and_paid_for() -> None:
    plan = planned(facts(A0_PT), second_scale=0.25)

    # 2,341 x 1,656 px at a quarter of 200 dpi: two tiles beside the 24.
    assert (plan.pages[0].tiles, plan.pages[0].coarse_tiles) == (26, 2)
    assert (plan.tiles, plan.calls) == (26, (26, 26))
    assert plan.dollars == pytest.approx((0.039, 0.039))


def test_the_whole_page_is_one_tile_more() -> None:
    assert planned(facts(A0_PT, (200, 200)), second_scale="page").tiles == 24 + 1 + 1


def test_regions_count_at_the_second_scale_too() -> None:
    right = (Region(left=0.9, top=0.0, right=1.0, bottom=1.0),)

    assert planned(facts(A0_PT), second_scale=0.25, include=right).pages[0].coarse_tiles == 1


def test_where_no_pixels_are_looked_at_there_is_no_second_scale() -> None:
    assert planned(facts(A0_PT), second_scale=0.25, detector="pdf-text").tiles == 0


def test_textract_is_one_call_a_tile() -> None:
    plan = planned(facts(A0_PT, A0_PT))

    assert plan.calls == (48, 48)
    assert plan.dollars == pytest.approx((0.072, 0.072))


def test_rekognition_may_ask_again_for_the_quarters_of_a_full_tile() -> None:
    plan = planned(facts(A0_PT), detector="rekognition-text")

    assert plan.calls == (24, 120)
    assert plan.dollars == pytest.approx((0.024, 0.12))


def test_a_text_layer_read_first_may_need_no_call() -> None:
    plan = planned(facts(A0_PT), text_layer="first")

    assert plan.calls == (0, 24)
    assert plan.dollars == pytest.approx((0, 0.036))


def test_reading_only_the_text_layer_needs_no_tiles() -> None:
    plan = planned(facts(A0_PT), detector="pdf-text")

    assert (plan.tiles, plan.calls, plan.dollars) == (0, (0, 0), (0, 0))


def test_a_model_costs_its_time_alone_or_shared() -> None:
    plan = planned(facts(A0_PT), detector="custom-labels")

    # 24 tiles at 5 a second in a run of many; at 1 a second, with 17 minutes to start and to stop,
    # in a run of its own.
    assert plan.dollars == pytest.approx((4 * 4.8 / 3600, 4 * 1044 / 3600))


def test_a_model_known_to_be_fast_costs_less() -> None:
    plan = planned(facts(A0_PT), detector="custom-labels", tiles_per_second_per_unit=8.0)

    assert plan.dollars == pytest.approx((4 * 3 / 3600, 4 * 1023 / 3600))


def test_a_tight_deadline_is_planned_with_more_units() -> None:
    two = planned(facts(*[A0_PT] * 10), detector="custom-labels", deadline_minutes=20)

    # 240 tiles take one unit 21 minutes in all, two units 19: both are paid while they start.
    assert two.dollars[1] == pytest.approx(4 * 2 * (1020 + 120) / 3600)


def test_a_model_has_no_more_units_than_allowed() -> None:
    document = facts(*[A0_PT] * 10)
    plan = planned(document, detector="custom-labels", deadline_minutes=20, max_inference_units=1)

    assert plan.dollars[1] == pytest.approx(4 * 1260 / 3600)


def test_a_budget_that_pays_for_a_share_of_a_run_is_enough() -> None:
    document = facts(*[A0_PT] * 10)
    plan = planned(document, detector="custom-labels", budget_usd=0.06)

    assert plan.dollars[0] == pytest.approx(4 * 48 / 3600)


def test_a_model_whose_time_costs_more_than_the_budget_rejects_the_document() -> None:
    document = facts(*[A0_PT] * 10)
    with pytest.raises(BudgetExceeded, match=r"costs at least \$0\.05 for 240 tiles"):
        planned(document, detector="custom-labels", budget_usd=0.05)


def test_regions_lower_the_number_of_tiles() -> None:
    top_left = Region(left=0, top=0, right=0.1, bottom=0.1)

    assert planned(facts(A0_PT), include=(top_left,)).tiles == 1


def test_the_services_around_are_part_of_the_price() -> None:
    plan = plan_document(facts(A0_PT), profile(), PriceTable())

    assert 0.036 < plan.dollars[0] < 0.045


def test_small_text_gives_a_warning_with_the_dpi_that_would_do() -> None:
    plan = planned(facts(A0_PT, text_pt=5.1))

    assert plan.smallest_text_px == 14.2
    assert plan.warnings == (
        "the smallest text is 14.2 px high at 200 dpi and may be missed below 20 px; "
        "a profile of 283 dpi would do",
    )


def test_text_that_is_large_enough_gives_no_warning() -> None:
    assert planned(facts(A0_PT, text_pt=7.2)).warnings == ()


@pytest.mark.parametrize("detector", ["pdf-text", "custom-labels", "onnx"])
def test_what_reads_no_pixels_of_text_is_not_warned_of_its_size(detector: str) -> None:
    assert planned(facts(A0_PT, text_pt=1), detector=detector).warnings == ()


def test_a_page_of_36000_pixels_a_side_is_planned() -> None:
    plan = planned(facts((8640, 8640)), dpi=300)

    assert plan.pages[0] == PagePlan(page=1, width_px=36_000, height_px=36_000, dpi=300, tiles=400)


def test_a_page_that_is_too_large_is_refused_with_the_dpi_that_fits() -> None:
    with pytest.raises(UnsupportedPage, match=r"page 2 is 100002 x 200 px .* 199 dpi or less"):
        planned(facts((72, 72), (36_000.5, 72)))


def test_too_many_pages_are_refused() -> None:
    with pytest.raises(UnreadableDocument, match="may have 1 pages; this one has 2"):
        planned(facts((72, 72), (72, 72)), max_pages=1)


def test_too_many_tiles_are_refused() -> None:
    with pytest.raises(BudgetExceeded, match="may have 20 tiles; this one has up to 24 at 200 dpi"):
        planned(facts(A0_PT), max_tiles_per_document=20)


def test_a_document_that_costs_too_much_even_at_its_least_is_refused() -> None:
    with pytest.raises(BudgetExceeded, match=r"may cost \$0.03; this one costs at least \$0.04"):
        planned(facts(A0_PT), budget_usd=0.03)


def test_a_document_that_only_may_cost_too_much_is_accepted() -> None:
    plan = planned(facts(A0_PT), detector="rekognition-text", budget_usd=0.05)

    assert plan.dollars[1] > 0.05


def lettered(*heights_pt: float | None, width: float = 842, height: float = 595) -> DocumentFacts:
    """Pages with lettering of one height each; None for a page that was not measured."""
    pages = tuple(
        PageFacts(
            page=number,
            width_pt=width,
            height_pt=height,
            rotation=0,
            smallest_text_pt=None,
            lettering=size and LetteringHeight(letters=90, typical_pt=size, small_pt=size),
        )
        for number, size in enumerate(heights_pt, start=1)
    )
    return DocumentFacts(pages=pages, page_count=len(pages), warnings=())


def test_each_page_is_planned_and_priced_at_the_dpi_of_its_lettering() -> None:
    plan = planned(lettered(5.0, 2.2), max_dpi=400)

    assert [(page.dpi, page.tiles) for page in plan.pages] == [(200, 2), (400, 6)]
    assert plan.dollars == pytest.approx((0.012, 0.012))
    assert plan.warnings == ()


def test_pages_that_were_not_measured_are_planned_at_the_highest_dpi_of_the_others() -> None:
    plan = planned(lettered(5.0, 2.6, None, None), max_dpi=400)

    assert [page.dpi for page in plan.pages] == [200, 350, 350, 350]
    assert plan.warnings == (
        "pages 3 to 4 are planned at 350 dpi, the highest of the pages before; each is rendered as "
        "its own lettering needs",
    )


def test_the_plan_tells_which_lettering_stays_too_small() -> None:
    (warning,) = planned(lettered(1.0), max_dpi=400).warnings

    assert warning.startswith("a tenth of the lettering of page 1 is under 5.6 px high at 400 dpi")


def searched(*are_vector: bool | None, **changes: Any) -> DocumentPlan:
    """The plan of a search by example on A0 sheets."""
    pages = tuple(
        replace(page, is_vector=is_vector)
        for page, is_vector in zip(facts(*[A0_PT] * len(are_vector)).pages, are_vector, strict=True)
    )
    document = DocumentFacts(pages=pages, page_count=len(pages), warnings=())
    settings = {"detector": "example", "model_project": "like", "seconds_per_tile": 6.0}
    return planned(document, **settings | changes)


def test_a_vector_page_that_is_searched_by_example_takes_one_tile_and_a_scan_all() -> None:
    plan = searched(True, False)
    assert [page.tiles for page in plan.pages] == [1, 24]
    assert plan.calls == (25, 25)
    assert plan.warnings == ()


def test_a_page_of_which_nobody_knows_may_take_one_tile_or_all() -> None:
    plan = searched(True, None)
    assert (plan.tiles, plan.calls) == (25, (2, 25))
    assert plan.warnings == (
        "pages 2 to 2 are planned as scans; each that turns out to be a vector page takes one tile",
    )


def test_a_vector_page_costs_what_a_scan_of_one_tile_costs() -> None:
    assert searched(True).dollars == searched(False, tile_size=10_000, dpi=20).dollars


def test_regions_of_a_vector_page_are_searched_in_its_pixels() -> None:
    assert searched(True, include=(Region(left=0.0, top=0.0, right=1.0, bottom=1.0),)).tiles == 24
