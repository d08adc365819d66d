import bm25
from bm25 import BM25, Passage

SMALL = [
    Passage("cats", "Cats sleep all day and cats purr."),
    Passage("dogs", "Dogs bark at night while cats sleep."),
    Passage("fish", "Fish swim."),
]


def ids(found: list[Passage]) -> list[str]:
    return [passage.id for passage in found]


def test_the_passage_with_the_rarest_shared_words_comes_first() -> None:
    assert ids(BM25(SMALL).search("Which animals bark at cats?", 3)) == ["dogs", "cats"]


def test_a_word_said_twice_counts_more_than_once() -> None:
    assert ids(BM25(SMALL).search("cats", 3)) == ["cats", "dogs"]


def test_passages_that_share_no_word_are_left_out() -> None:
    assert BM25(SMALL).search("quantum chromodynamics", 3) == []
    assert BM25(SMALL).search("", 3) == []


def test_scores_fall_with_the_rank_and_the_index_keeps_none() -> None:
    index = BM25(SMALL)
    scores = [passage.score for passage in index.search("sleeping cats swim", 3)]
    assert scores == sorted(scores, reverse=True)
    assert all(score > 0 for score in scores)
    assert [passage.score for passage in SMALL] == [0.0, 0.0, 0.0]


def test_endings_do_not_hide_a_word() -> None:
    assert bm25.terms("raises raised raising raise") == ["rais"] * 4
    assert bm25.terms("string strings") == ["string"] * 2


def test_words_without_meaning_of_their_own_are_no_terms() -> None:
    assert bm25.terms("What is the value of it?") == ["valu"]


def test_operators_are_terms() -> None:
    assert "@" in bm25.terms("the @ operator")


def test_every_passage_has_an_id_of_its_own_and_some_text() -> None:
    made = bm25.passages()
    assert len({passage.id for passage in made}) == len(made) > 500
    assert all(passage.content.strip() for passage in made)


def test_most_passages_keep_to_the_size_that_a_small_model_can_read() -> None:
    made = bm25.passages()
    long = [passage for passage in made if len(passage.content) > bm25.MAX_PASSAGE_CHARS]
    assert len(long) < 0.1 * len(made)
