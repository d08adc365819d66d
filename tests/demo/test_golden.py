from pydoc_data.topics import topics

import bm25
import golden
import pytest

CASES = golden.load()


def normalised(text: str) -> str:
    return " ".join(text.split())


def test_the_golden_set_has_fifty_questions_each_asked_once() -> None:
    assert len(CASES) == 50
    assert len({case.id for case in CASES}) == 50
    assert len({case.question.lower() for case in CASES}) == 50


def test_the_questions_come_from_many_topics() -> None:
    assert len({case.topic for case in CASES}) >= 25


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_evidence_stands_word_for_word_in_its_topic(case) -> None:
    assert case.evidence == normalised(case.evidence)
    assert case.evidence in normalised(topics[case.topic])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_question_and_answer_are_sentences_of_our_own(case) -> None:
    assert case.question.endswith("?")
    assert case.answer.endswith(".")
    assert case.answer not in case.evidence


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_golden_answer_and_the_evidence_agree_with_themselves(case) -> None:
    assert golden.agrees(case, case.answer)
    assert golden.agrees(case, case.evidence)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_repeating_the_question_is_no_answer(case) -> None:
    assert not golden.agrees(case, case.question)
    assert not golden.agrees(case, "")


def test_a_yes_does_not_stand_for_a_no() -> None:
    case = next(case for case in CASES if case.id == "int-limit")
    assert golden.agrees(case, "No, only the available memory limits them.")
    assert not golden.agrees(case, "Yes, only the available memory limits them.")


def test_the_retriever_finds_the_evidence_of_most_questions() -> None:
    """Measured on CPython 3.11 to 3.13: 39 to 41 come first, 44 or 45 in the two that the bot reads, 48 in five."""
    index = bm25.BM25(bm25.passages())
    found = [[case.evidence in passage.content for passage in index.search(case.question, 5)] for case in CASES]
    assert sum(any(hits[:1]) for hits in found) >= 38
    assert sum(any(hits[:2]) for hits in found) >= 42
    assert sum(any(hits) for hits in found) >= 46
