"""Matchers as Alertmanager's."""

import pytest

from telltale_collector.alerts.silenced import check_matchers, check_silence, holds
from telltale_collector.errors import BadRequest
from telltale_collector.model import Matcher

LABELS = {"user": "ann", "model": "gpt-4o", "text": "a\nb", "empty": ""}


@pytest.mark.parametrize(
    ("name", "value", "is_regex", "is_equal", "expected"),
    [
        ("user", "ann", False, True, True),
        ("user", "an", False, True, False),
        ("user", "ann", False, False, False),
        ("user", "bob", False, False, True),
        ("user", "a.n", False, True, False),
        ("user", "a.n", True, True, True),
        ("user", "a", True, True, False),
        ("user", "nn", True, True, False),
        ("user", "ann|bob", True, True, True),
        ("user", "x|an", True, True, False),
        ("user", "ann|bob", True, False, False),
        ("user", "ANN", True, True, False),
        ("user", "(?i)ANN", True, True, True),
        ("model", r"gpt-\d.*", True, True, True),
        ("text", "a.b", True, True, False),
        ("missing", "", False, True, True),
        ("missing", "", False, False, False),
        ("missing", "x", False, False, True),
        ("missing", ".*", True, True, True),
        ("missing", ".+", True, True, False),
        ("empty", "", False, True, True),
    ],
)
def test_a_matcher_holds(name: str, value: str, is_regex: bool, is_equal: bool, expected: bool) -> None:
    assert holds(Matcher(name=name, value=value, is_regex=is_regex, is_equal=is_equal), LABELS) is expected


def test_a_pattern_fits_no_value_that_is_too_long_for_one() -> None:
    assert holds(Matcher(name="user", value="a*", is_regex=True), {"user": "a" * 256})
    assert not holds(Matcher(name="user", value="a*", is_regex=True), {"user": "a" * 257})


@pytest.mark.parametrize(
    "pattern",
    [
        "gpt-4.*|claude.*|gemini-[0-9.]+",
        "(prod|staging)-.*",
        "(?:eu|us)-(west|east)-[1-9]",
        r"\w+@example\.com",
        ".*error.*",
        "a{3}",
        "(abc){2}",
        ".*a.*",
        "(a|b|c)",
        "svc-[0-9]+",
    ],
)
def test_patterns_that_people_write_are_taken(pattern: str) -> None:
    check_matchers([Matcher(name="x", value=pattern, is_regex=True)])


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("(a+)+b", "too long"),
        ("(a|aa)*b", "too long"),
        (".*.*.*.*x", "too long"),
        ("(.?.?.?.?.?.?.?.?){3}x", "too long"),
        ("(a|a)(b*)*", "too long"),
        ("(?:(?:a{1,9}){1,9}){1,9}b", "too long"),
        ("a?" * 40 + "a" * 40, "too long"),
        ("(aa|aa)" * 30, "too long"),
        (r"(a)\1", "too long"),
        ("(?=a)a", "too long"),
        ("(", "not a regular expression"),
        ("a**", "not a regular expression"),
        ("[z-a]", "not a regular expression"),
        ("a{99999999999999999999}", "regular expression"),
        ("a" * 257, "longer than 256"),
    ],
)
def test_patterns_that_cannot_be_read_or_take_for_ever_are_refused(pattern: str, says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        check_matchers([Matcher(name="x", value=pattern, is_regex=True)])


@pytest.mark.parametrize(
    ("matchers", "is_allowed"),
    [
        ([Matcher(name="user", value="ann")], True),
        ([Matcher(name="user", value="")], False),
        ([Matcher(name="user", value=".*", is_regex=True)], False),
        ([Matcher(name="user", value=".+", is_regex=True)], True),
        ([Matcher(name="user", value="ann", is_equal=False)], False),
        ([Matcher(name="user", value="", is_equal=False)], True),
        ([Matcher(name="user", value="ann", is_equal=False), Matcher(name="rule", value="cost")], True),
        ([], False),
    ],
)
def test_a_silence_of_everything_is_refused(matchers: list[Matcher], is_allowed: bool) -> None:
    if is_allowed:
        check_silence(matchers)
    else:
        with pytest.raises(BadRequest, match="every alert"):
            check_silence(matchers)
