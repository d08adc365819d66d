import golden
import questions


def test_a_dozen_questions_come_from_three_users_and_sessions() -> None:
    turns = questions.plan(12)
    assert len({turn.question for turn in turns}) == len(turns) == 12
    assert {turn.user_id for turn in turns} == {"ann", "ben", "cleo"}
    assert len({turn.session_id for turn in turns}) == 3


def test_some_are_streamed_and_some_are_not() -> None:
    assert {turn.stream for turn in questions.plan(12)} == {True, False}


def test_one_carries_an_address_and_the_last_is_an_injection() -> None:
    turns = questions.plan(12)
    assert [n for n, turn in enumerate(turns) if "@example.com" in turn.question] == [1]
    assert [n for n, turn in enumerate(turns) if turn.case is None] == [11]
    assert turns[11].question == questions.INJECTION


def test_any_number_can_be_asked() -> None:
    assert [len(questions.plan(count)) for count in (1, 2, 3, 50, 120)] == [1, 2, 3, 50, 120]


def test_all_fifty_are_asked_once_when_fifty_are_wanted() -> None:
    asked = [turn.case.id for turn in questions.plan(50) if turn.case]
    assert asked == [case.id for case in golden.load()][:49]
