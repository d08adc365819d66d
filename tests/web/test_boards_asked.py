"""What of a board is looked at: read from the address, written into addresses."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from telltale_collector.errors import BadRequest, NotFound
from telltale_collector.web.boards.asked import Asked, board_of, panel_of, read_asked

S = 1_000_000_000
HOUR = 3600 * S
NOON = 1_795_435_200 * S
"""2026-11-23, 12:00 UTC."""


def asked(*pairs: tuple[str, str], board: str = "telltale-overview") -> Asked:
    return read_asked(board_of(board), pairs, NOON)


def params(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query)


def test_a_board_opens_at_its_own_range() -> None:
    assert (asked().from_time, asked().to_time) == (NOON - 6 * HOUR, NOON)
    assert asked(board="telltale-cost").from_time == NOON - 24 * HOUR


def test_an_address_says_from_when_to_when() -> None:
    given = asked(("from", "2026-11-23T10:00:00Z"), ("to", "now-1h"))
    assert (given.from_time, given.to_time) == (NOON - 2 * HOUR, NOON - HOUR)
    assert not given.is_up_to_now


@pytest.mark.parametrize(
    "pairs", [[("from", "now"), ("to", "now-1h")], [("from", "yesterday")], [("from", "2999-01-01")]]
)
def test_a_range_that_is_none_is_refused(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(BadRequest):
        asked(*pairs)


def test_a_variable_can_have_many_values() -> None:
    given = asked(("service", "shop"), ("service", "help desk's bot"), ("model", ""))
    parameters = given.parameters(60)
    assert parameters["service"] == ["shop", "help desk's bot"]
    assert (parameters["model"], parameters["environment"]) == ([], [])
    assert parameters["interval_s"] == 60


def test_what_a_board_does_not_know_is_forgotten() -> None:
    given = asked(("project", "another"), ("refresh", "1ms"), ("anything", "1"), ("service", " shop "))
    assert given.pairs == (("service", "shop"),)
    assert given.parameters(60)["project"] == "default"


@pytest.mark.parametrize(("since", "step_s"), [("now-15m", 10), ("now-1h", 30), ("now-6h", 300), ("now-7d", 7200)])
def test_steps_grow_with_the_range(since: str, step_s: int) -> None:
    assert asked(("from", since)).step_s(120) == step_s


def test_no_range_has_more_steps_than_can_be_drawn() -> None:
    given = asked(("from", "1970-01-01"), ("to", "2262-01-01"))
    assert (given.to_time - given.from_time) / S / given.step_s(120) <= 120


def test_a_link_keeps_everything_but_what_it_changes() -> None:
    given = asked(("service", "a"), ("service", "b"), ("from", "now-1h"), ("sort.3", "-cost"))
    changed = params(given.url({"from": "now-7d", "sort.3": ""}))
    assert changed == [("service", "a"), ("service", "b"), ("from", "now-7d")]


def test_ranges_forget_the_end_and_mark_the_one_that_is_shown() -> None:
    given = asked(("from", "now-7d"), ("model", "m"))
    assert {range_.label: range_.is_current for range_ in given.ranges()}["7d"]
    assert ("model", "m") in params(given.ranges()[0].url)
    assert not any(range_.is_current for range_ in asked(("from", "now-7d"), ("to", "now-1d")).ranges())


def test_the_range_moves_and_never_beyond_now() -> None:
    given = asked(("from", "now-2h"), ("to", "now-1h"))
    earlier = dict(params(given.moved_url(-0.5, -0.5)))
    assert (earlier["from"][11:16], earlier["to"][11:16]) == ("09:30", "10:30")
    later = dict(params(asked(("from", "now-4h"), ("to", "now-1h")).moved_url(0.5, 0.5)))
    assert (later["from"][11:16], later["to"][11:16]) == ("09:00", "12:00")
    wider = dict(params(given.moved_url(-0.5, 0.5)))
    assert (wider["from"][11:16], wider["to"][11:16]) == ("09:30", "11:30")


def test_another_board_is_opened_at_the_same_time_with_what_it_knows() -> None:
    given = asked(("model", "m"), ("service", "s"), ("from", "now-1h"), ("only.3", "x"))
    assert params(given.other_board_url("telltale-health")) == [("service", "s"), ("from", "now-1h")]
    trace = params(given.other_board_url("telltale-trace", {"trace_id": "ab"}))
    assert trace == [("from", "now-1h"), ("trace_id", "ab")]


def test_a_board_of_one_trace_waits_for_its_id() -> None:
    assert asked(board="telltale-trace").lacks.name == "trace_id"
    assert asked(("trace_id", "ab"), board="telltale-trace").lacks is None
    assert not asked(board="telltale-trace").has_times


@pytest.mark.parametrize("number", ["", "-1", "x", "99", "٣", "99999999999"])
def test_a_panel_that_is_none_is_not_found(number: str) -> None:
    with pytest.raises(NotFound):
        panel_of(board_of("telltale-overview"), number)


def test_a_board_that_is_none_is_not_found() -> None:
    with pytest.raises(NotFound, match="nothing"):
        board_of("nothing")
