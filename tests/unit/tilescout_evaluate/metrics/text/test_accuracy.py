"""Figures of read text and of snippets, on words whose figures are known by hand."""

from __future__ import annotations

from tilescout.detections import Word
from tilescout.geometry import Box
from tilescout_evaluate.metrics import snippets
from tilescout_evaluate.metrics.snippets import Snippet, SnippetPage
from tilescout_evaluate.metrics.text import accuracy as text
from tilescout_evaluate.metrics.text.alignment import errors_by_character
from tilescout_evaluate.metrics.text.pages import TextDetection, TextPage


def word(content: str, left: float, line: int = 0, top: float = 0) -> Word:
    box = Box(left, top, left + 10 * len(content), top + 12)
    return Word(text=content, confidence=100, box=box, line=line)


VALVE = (word("GATE", 0), word("VALVE", 50), word("FV-1023", 300, line=1))


def read(*seen: TextDetection, words=VALVE, within=None) -> text.Accuracy:
    return text.compare(TextPage("a p1", tuple(words), seen, within))


def test_text_as_it_is_has_no_errors():
    found = read(
        TextDetection("gate valve", Box(0, 0, 100, 12)), TextDetection("FV-1023", VALVE[2].box)
    )

    assert (found.recall, found.precision, found.character_error_rate) == (1.0, 1.0, 0.0)
    assert (found.words, found.tokens, found.characters) == (3, 3, 16)


def test_one_wrong_letter_costs_its_word_and_one_character():
    found = read(
        TextDetection("GATE VALUE", Box(0, 0, 100, 12)), TextDetection("FV-1023", VALVE[2].box)
    )

    assert (found.found, found.matched_tokens, found.wrong_characters) == (2, 2, 1)
    assert found.character_error_rate == 1 / 16


def test_a_line_that_nothing_was_read_over_is_missing_as_a_whole():
    found = read(TextDetection("FV-1023", VALVE[2].box))

    assert (found.found, found.wrong_characters) == (1, 9)


def test_text_where_there_is_none_costs_precision_only():
    found = read(
        TextDetection("GATE VALVE", Box(0, 0, 100, 12)),
        TextDetection("FV-1023", VALVE[2].box),
        TextDetection("OOO", Box(500, 500, 540, 512)),
    )

    assert (found.recall, found.precision, found.wrong_characters) == (1.0, 0.75, 0)


def test_a_box_over_half_the_page_finds_nothing():
    found = read(TextDetection("GATE VALVE FV-1023", Box(0, 0, 900, 300)))

    assert (found.found, found.oversized, found.wrong_characters) == (0, 1, 16)


def test_one_detection_over_two_columns_is_compared_with_both():
    words = (word("LEFT", 0), word("RIGHT", 60, line=1))
    found = read(TextDetection("LEFT RIGHT", Box(0, 0, 110, 12)), words=words)

    assert found.wrong_characters == 0


def test_the_parts_of_a_line_are_put_in_reading_order():
    found = read(
        TextDetection("VALVE", VALVE[1].box), TextDetection("GATE", VALVE[0].box), words=VALVE[:2]
    )

    assert found.wrong_characters == 0


def test_only_what_has_its_centre_within_counts():
    found = read(TextDetection("GATE VALVE", Box(0, 0, 100, 12)), within=(Box(200, 0, 500, 100),))

    assert (found.words, found.tokens, found.characters, found.wrong_characters) == (1, 0, 7, 7)


def test_an_error_belongs_to_its_character():
    assert errors_by_character("FV-1023", "FV-1O23") == [0, 0, 0, 0, 1, 0, 0]
    assert errors_by_character("ABC", "AC") == [0, 1, 0]
    assert sum(errors_by_character("ABC", "XABCY")) == 2


def tag(content: str, left: float = 0, label: str = "", confidence: float = 90) -> Snippet:
    return Snippet(content, label, Box(left, 0, left + 50, 12), confidence)


def match_boxes(truth: list[Snippet], found: list[Snippet]) -> snippets.Matches:
    return snippets.match(SnippetPage("a p1", tuple(truth), tuple(found)))


def test_a_tag_is_right_by_its_exact_text_only():
    result = match_boxes([tag("FV-1023"), tag("PT-7", 100)], [tag("fv-1023"), tag("PT-1", 100)])

    (counts,) = result.counts.values()
    assert (counts.precision, counts.recall) == (0.5, 0.5)
    assert [(one.text, other.text) for one, other in result.misread] == [("PT-7", "PT-1")]


def test_the_right_text_somewhere_else_is_wrong():
    result = match_boxes([tag("FV-1023")], [tag("FV-1023", 400)])

    assert [snippet.text for snippet in result.missed] == ["FV-1023"]
    assert [snippet.text for snippet in result.wrong] == ["FV-1023"]


def test_a_tag_found_twice_is_right_once():
    (counts,) = match_boxes([tag("FV-1")], [tag("FV-1"), tag("FV-1", 2)]).counts.values()

    assert (counts.true_positives, counts.detections) == (1, 2)


def test_a_label_must_be_right_where_the_truth_has_one():
    truth = [tag("FV-1", label="valve"), tag("PT-7", 100, label="gauge")]
    found = [tag("FV-1", label="gauge"), tag("PT-7", 100, label="gauge")]
    counts = match_boxes(truth, found).counts

    assert counts["valve"].recall == 0.0
    assert (counts["gauge"].precision, counts["gauge"].recall) == (0.5, 1.0)
