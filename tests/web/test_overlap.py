from hypothesis import given
from hypothesis import strategies as st

from telltale_collector.web.overlap import Piece, pieces


def test_words_that_the_answer_repeats_in_order_are_marked() -> None:
    assert pieces("Keys: create a second key, then wait.", "You create a second key now.") == [
        Piece("Keys: ", used=False),
        Piece("create a second key", used=True),
        Piece(", then wait.", used=False),
    ]


def test_shared_single_words_are_not_a_use() -> None:
    document = "The plan is billed yearly"
    assert pieces(document, "yearly billed, is it?") == [Piece(document, used=False)]


def test_case_and_punctuation_do_not_matter() -> None:
    assert pieces("REFUNDED, within 30 days", "refunded within 30 days.") == [
        Piece("REFUNDED, within 30 days", used=True)
    ]


def test_without_an_answer_nothing_is_used() -> None:
    assert pieces("one two three", "") == [Piece("one two three", used=False)]
    assert pieces("", "one two three") == []


@given(st.text("ab \n", max_size=60), st.text("ab \n", max_size=60))
def test_the_pieces_are_the_document(document: str, answer: str) -> None:
    assert "".join(piece.text for piece in pieces(document, answer)) == document
