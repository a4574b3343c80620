"""Queries to the detections table: key conditions, filters, visible result sets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from boto3.dynamodb.conditions import ConditionExpressionBuilder

from tests.unit.tilescout_cli.cli_stack import (
    add,
    add_result,
    deployed_stack,
    document,
    replace,
    tag,
)
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.documents import lookup, queries
from tilescout_cli.documents.queries import Query, anywhere, of_document, parse_region
from tilescout_cli.stack.target import Stack


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with deployed_stack(monkeypatch) as deployed:
        yield deployed


def values(question: Query) -> list[tuple[str, list[str]]]:
    """Index and the values compared with, of each query."""
    found = []
    for index, condition in queries.index_conditions(question):
        built = ConditionExpressionBuilder().build_expression(condition, is_key_condition=True)
        found.append((index, list(built.attribute_value_placeholders.values())))
    return found


def texts(stack: Stack, question: Query) -> list[str]:
    return sorted(row["text"] for row in anywhere(stack, question))


def test_a_text_is_asked_for_in_upper_case_under_its_first_two_characters() -> None:
    assert values(Query(text="fv-1023")) == [("by_text", ["FV", "FV-1023#"])]


def test_a_beginning_is_asked_for_without_the_end_mark() -> None:
    assert values(Query(text="fv-*")) == [("by_text", ["FV", "FV-"])]


def test_a_label_is_asked_for_in_all_its_sixteen_partitions() -> None:
    asked = values(Query(label="valve"))
    assert len(asked) == 16
    assert (asked[0], asked[15]) == (("by_label", ["valve#00"]), ("by_label", ["valve#15"]))


@pytest.mark.parametrize("text", ["F", "F*", "*"])
def test_a_text_too_short_for_the_index_is_refused(text: str) -> None:
    with pytest.raises(BadUsage, match="takes 2 characters or more"):
        queries.index_conditions(Query(text=text))


def test_a_question_without_label_or_text_needs_a_document() -> None:
    with pytest.raises(BadUsage, match="give --label or --text, or name a document"):
        queries.index_conditions(Query(min_confidence=50))


@pytest.mark.parametrize("text", ["1,2,3", "a,b,c,d", "10,0,5,5", "0,5,5,5", ""])
def test_a_region_that_has_no_area_is_refused(text: str) -> None:
    with pytest.raises(BadUsage, match="--region takes left,top,right,bottom"):
        parse_region(text)


def test_an_exact_text_does_not_find_longer_ones(stack: Stack) -> None:
    one = document()
    add(stack, one)
    add_result(stack, one, tag("FV-10"), tag("FV-1023"), tag("FV-10#2"))
    assert texts(stack, Query(text="fv-10")) == ["FV-10"]
    assert texts(stack, Query(text="FV-10*")) == ["FV-10", "FV-10#2", "FV-1023"]


@pytest.mark.parametrize("text", ["A" * 600, "Ä" * 480, "A" * 2_000])
def test_a_text_longer_than_its_index_key_is_found(stack: Stack, text: str) -> None:
    one = document()
    add(stack, one)
    add_result(stack, one, tag(text), tag(text + "B"))
    assert texts(stack, Query(text=text)) == [text]
    assert texts(stack, Query(text=f"{text}*")) == [text, text + "B"]


def test_a_label_is_found_in_all_documents(stack: Stack) -> None:
    for number in (1, 2):
        one = document(number)
        add(stack, one)
        add_result(stack, one, tag(f"FV-{number}"), tag("P-1", label="pump"))
    assert texts(stack, Query(label="instrument")) == ["FV-1", "FV-2"]


def test_rows_of_a_result_set_that_was_replaced_are_not_shown(stack: Stack) -> None:
    one = document()
    add(stack, one)
    add_result(stack, one, tag("FV-OLD"))
    replace(stack, document(result_id=f"{1:032x}-000002"))
    add_result(stack, one, tag("FV-NEW"), result=f"{1:032x}-000002")
    assert texts(stack, Query(text="FV-*")) == ["FV-NEW"]


def test_rows_of_a_document_that_has_not_ended_are_not_shown(stack: Stack) -> None:
    one = document(status="RUNNING", result_id="")
    add(stack, one)
    add_result(stack, one, tag(), result=f"{1:032x}-000001")
    assert texts(stack, Query(text="FV-*")) == []
    assert list(of_document(stack.detections, one, Query())) == []


def test_conditions_within_a_document_all_hold(stack: Stack) -> None:
    one = document()
    add(stack, one)
    add_result(
        stack,
        one,
        tag("FV-1", left=100),
        tag("FV-2", left=1000),
        tag("FV-3", left=110, confidence=20.0),
        tag("FV-4", left=120, page=2),
    )
    question = Query(text="FV-*", page=1, min_confidence=50, region=(0, 0, 300, 400))
    assert [row["text"] for row in of_document(stack.detections, one, question)] == ["FV-1"]


def test_every_page_of_a_long_answer_is_read(stack: Stack) -> None:
    one = document()
    add(stack, one)
    # 1.2 MB: DynamoDB answers a query with at most 1 MB a page.
    add_result(stack, one, *(tag("FV-" + "9" * 4_000) for _ in range(300)))
    assert sum(1 for _ in of_document(stack.detections, one, Query())) == 300
    assert len(texts(stack, Query(label="instrument"))) == 300


def test_a_document_is_found_by_id_prefix_key_and_file_name(stack: Stack) -> None:
    one = document(0xABCDEF << 104, accepted_at=1_000)
    add(stack, one, document(2, key="incoming/text/x/other.pdf"))
    names = (one.id, one.id[:8], one.key, f"s3://documents-bucket/{one.key}", "plan.pdf")
    assert {lookup.named(stack, name).id for name in names} == {one.id}


def test_the_newest_version_of_a_key_is_meant(stack: Stack) -> None:
    key = "incoming/text/x/plan.pdf"
    add(stack, document(1, key=key), document(2, key=key))
    assert lookup.named(stack, key).id == f"{2:032x}"


def test_a_name_of_several_documents_is_refused_with_their_ids(stack: Stack) -> None:
    add(stack, document(1), document(2))
    with pytest.raises(BadUsage, match=r"'plan.pdf' means 2 documents: 00000000 \(incoming/text"):
        lookup.named(stack, "plan.pdf")


def test_an_unknown_name_is_refused(stack: Stack) -> None:
    with pytest.raises(BadUsage, match="no document is named 'zzzz'"):
        lookup.named(stack, "zzzz")
