"""What has to be said to a receiver, as tables: alerts, what was told, and the messages that follow."""

from dataclasses import replace

import pytest
from alert_messages import HOUR, NOW, SECOND, firing, over, receiver

from telltale_collector.alerts.due import Notice, Pace, Picture, notices, occurrence
from telltale_collector.alerts.message import Links, heartbeat
from telltale_collector.model import Acknowledgement, AlertMessage, Matcher, Receiver, Silence, Told
from telltale_collector.store.alert_delivery import Occurrence

ANN, BOB = firing(user="ann"), firing(user="bob", at=NOW + SECOND)
HOOK = receiver()
EVENTS, STATES = Pace(), Pace(resend_s=60)


def said(notice: Notice) -> list[tuple[str, str]]:
    return [(message.fingerprint, message.status) for message in notice.messages]


def due(
    *messages: AlertMessage,
    told: dict[Occurrence, Told] | None = None,
    to: Receiver = HOOK,
    pace: Pace = EVENTS,
    now: int = NOW + 10 * SECOND,
    **known: list,
) -> list[list[tuple[str, str]]]:
    return [said(notice) for notice in notices(to, Picture(messages, **known), told or {}, pace, now)]


def told(*messages: AlertMessage, status: str = "firing", at: int = NOW) -> dict[Occurrence, Told]:
    return {occurrence(message): Told(status, at) for message in messages}


def silence(**given: object) -> Silence:
    matchers = [Matcher(name="user", value="ann")]
    made = {"project": "p", "id": "s", "matchers": matchers, "created_by": "", "comment": ""}
    return Silence(**(made | {"starts_at_ns": NOW, "ends_at_ns": NOW + HOUR} | given))


def known(message: AlertMessage, at: int = NOW + SECOND) -> Acknowledgement:
    return Acknowledgement(project="p", fingerprint=message.fingerprint, created_by="", comment="", at_ns=at)


def test_what_fires_is_told_once_and_its_group_together() -> None:
    assert due(BOB, ANN) == [[("cost-ann", "firing"), ("cost-bob", "firing")]]
    assert due(ANN, BOB, told=told(ANN, BOB)) == []
    assert due(ANN, BOB, told=told(ANN)) == [[("cost-bob", "firing")]]


def test_rules_and_projects_are_told_apart() -> None:
    every = replace(HOOK, project="")
    found = notices(every, Picture([ANN, firing("errors"), firing(project="q")]), {}, EVENTS, NOW)
    assert [(each.group["project"], each.group["rule"]) for each in found] == [
        ("p", "cost"),
        ("p", "errors"),
        ("q", "cost"),
    ]
    assert len({each.group_key for each in found}) == 3
    assert due(firing(project="q")) == []


def test_an_end_is_told_to_who_was_told_of_the_beginning() -> None:
    assert due(over(ANN), told=told(ANN)) == [[("cost-ann", "resolved")]]
    assert due(over(ANN)) == []
    assert due(over(ANN), told=told(ANN, status="resolved")) == []
    assert due(over(ANN), told=told(ANN), to=receiver(send_resolved=False)) == []


def test_an_end_is_told_to_who_was_told_also_where_the_rule_or_the_receiver_was_changed_since() -> None:
    pages = receiver(severities=("page",), matchers=(Matcher(name="user", value="ann"),))
    ticket = replace(ANN, labels=ANN.labels | {"severity": "ticket"})
    assert due(over(ticket), told=told(ANN), to=pages) == [[("cost-ann", "resolved")]]
    assert due(over(BOB), told=told(BOB), to=pages) == [[("cost-bob", "resolved")]]
    assert due(over(ticket), told=told(ANN, status="resolved"), to=pages) == []
    assert due(ticket, told=told(ANN), to=pages, now=NOW + 9 * HOUR) == []


def test_an_end_and_a_new_beginning_are_both_told_in_their_order() -> None:
    again = replace(ANN, starts_at_ns=NOW + 100 * SECOND)
    assert due(again, over(ANN), told=told(ANN)) == [[("cost-ann", "resolved"), ("cost-ann", "firing")]]
    assert due(again, over(ANN), told=told(ANN, status="resolved")) == [[("cost-ann", "firing")]]


@pytest.mark.parametrize(
    ("after_s", "repeats"), [(4 * 3600 - 1, False), (4 * 3600, True), (40 * 3600, True)], ids=["early", "due", "late"]
)
def test_what_still_fires_is_repeated(after_s: int, repeats: bool) -> None:
    assert bool(due(ANN, told=told(ANN), now=NOW + after_s * SECOND)) is repeats


def test_who_wants_repeats_sooner_gets_them() -> None:
    assert due(ANN, told=told(ANN), to=receiver(repeat_s=60), now=NOW + 60 * SECOND) == [[("cost-ann", "firing")]]


def test_an_acknowledged_alert_is_not_repeated_but_its_end_is_told() -> None:
    late = NOW + 9 * HOUR
    assert due(ANN, told=told(ANN), acknowledgements=[known(ANN)], now=late) == []
    assert due(ANN, BOB, told=told(ANN, BOB), acknowledgements=[known(ANN)], now=late) == [[("cost-bob", "firing")]]
    assert due(over(ANN), told=told(ANN), acknowledgements=[known(ANN)]) == [[("cost-ann", "resolved")]]


def test_an_acknowledgement_is_of_what_fired_then() -> None:
    again = replace(ANN, starts_at_ns=NOW + HOUR)
    assert due(again, told=told(again, at=NOW + HOUR), acknowledgements=[known(ANN)], now=NOW + 9 * HOUR)
    assert due(again, acknowledgements=[known(ANN)], now=NOW + HOUR) == [[("cost-ann", "firing")]]


def test_who_was_not_told_yet_is_told_whoever_knows() -> None:
    assert due(ANN, acknowledgements=[known(ANN)]) == [[("cost-ann", "firing")]]


@pytest.mark.parametrize(
    ("given", "is_told"),
    [
        ({}, False),
        ({"starts_at_ns": NOW + HOUR, "ends_at_ns": NOW + 2 * HOUR}, True),
        ({"ends_at_ns": NOW + 10 * SECOND}, True),
        ({"ends_at_ns": NOW + 10 * SECOND + 1}, False),
        ({"project": "q"}, True),
        ({"matchers": [Matcher(name="user", value="bob")]}, True),
        ({"matchers": [Matcher(name="user", value="ann"), Matcher(name="model", value="m")]}, True),
    ],
    ids=["lasts", "later", "over now", "over in a moment", "of another project", "about another", "about less"],
)
def test_a_silence_keeps_back_what_it_is_about_while_it_lasts(given: dict, is_told: bool) -> None:
    assert bool(due(ANN, silences=[silence(**given)])) is is_told


def test_what_still_fires_when_a_silence_ends_is_told_then() -> None:
    assert due(ANN, silences=[silence()], now=NOW + HOUR - 1) == []
    assert due(ANN, silences=[silence()], now=NOW + HOUR) == [[("cost-ann", "firing")]]


def test_the_end_of_what_was_told_is_told_in_silence_too() -> None:
    assert due(over(ANN), told=told(ANN), silences=[silence()]) == [[("cost-ann", "resolved")]]
    assert due(over(ANN), silences=[silence()]) == []


@pytest.mark.parametrize(
    ("given", "is_told"),
    [
        ({"severities": ("page",)}, True),
        ({"severities": ("info", "ticket")}, False),
        ({"matchers": (Matcher(name="user", value="a.*", is_regex=True),)}, True),
        ({"matchers": (Matcher(name="user", value="ann", is_equal=False),)}, False),
        ({"matchers": (Matcher(name="team", value="", is_equal=True),)}, True),
    ],
)
def test_a_receiver_gets_what_it_asked_for(given: dict, is_told: bool) -> None:
    assert bool(due(ANN, to=receiver(**given))) is is_told


@pytest.mark.parametrize(("after_s", "again"), [(59, False), (60, True), (3600, True)])
def test_a_channel_of_states_is_told_what_fires_again_and_again(after_s: int, again: bool) -> None:
    given = {"told": told(ANN), "pace": STATES, "now": NOW + after_s * SECOND}
    assert bool(due(ANN, **given)) is again
    assert bool(due(ANN, **given, acknowledgements=[known(ANN)])) is again, "how often it repeats is its own business"


@pytest.mark.parametrize(
    ("status", "last_s", "now_s", "again"),
    [
        ("firing", 55, 60, True),
        ("resolved", 60, 100, False),
        ("resolved", 60, 120, True),
        ("resolved", 900, 959, False),
        ("resolved", 900, 960, False),
        ("resolved", 800, 959, True),
    ],
)
def test_a_channel_of_states_is_told_an_end_for_a_quarter_of_an_hour(
    status: str, last_s: int, now_s: int, again: bool
) -> None:
    last = told(ANN, status=status, at=NOW + last_s * SECOND)
    assert bool(due(over(ANN), told=last, pace=STATES, now=NOW + now_s * SECOND)) is again


def test_a_large_group_is_told_in_parts_and_none_is_left_out() -> None:
    many = [firing(user=f"u{number:03}") for number in range(250)]
    parts = due(*many, pace=Pace(most=100))
    assert [len(part) for part in parts] == [100, 100, 50]
    assert sorted(each for part in parts for each in part) == sorted((each.fingerprint, "firing") for each in many)


def test_the_key_is_that_of_the_content_and_another_for_a_repeat() -> None:
    def key(*messages: AlertMessage, last: dict, to: Receiver = HOOK, now: int = NOW + 9 * HOUR) -> str:
        (notice,) = notices(to, Picture(messages), last, EVENTS, now)
        return notice.key

    first = key(ANN, last={})
    assert key(ANN, last={}, now=NOW + HOUR) == first, "sent again after a crash"
    others = [
        key(ANN, last=told(ANN)),
        key(ANN, last=told(ANN, at=NOW + SECOND)),
        key(over(ANN), last=told(ANN)),
        key(BOB, last={}),
        key(ANN, BOB, last={}),
        key(replace(ANN, starts_at_ns=NOW + 1), last={}),
        key(ANN, last={}, to=receiver("https://hooks.example.com/y")),
    ]
    assert len({first, *others}) == len(others) + 1


def test_a_message_fires_as_long_as_one_of_its_alerts_does() -> None:
    (mixed,) = notices(HOOK, Picture([over(ANN), BOB]), {occurrence(ANN): Told("firing", NOW)}, EVENTS, NOW)
    (ended,) = notices(HOOK, Picture([over(ANN)]), {occurrence(ANN): Told("firing", NOW)}, EVENTS, NOW)
    assert (mixed.status, ended.status) == ("firing", "resolved")


def test_the_heartbeat_is_for_channels_that_are_told_states_and_for_who_asks_for_it() -> None:
    beat = heartbeat(NOW, Links("http://telltale"))
    every = replace(HOOK, project="")
    assert due(beat, to=every) == []
    assert due(beat, to=every, pace=STATES) == [[("heartbeat", "firing")]]
    assert due(beat, to=replace(every, severities=["page", "none"])) == [[("heartbeat", "firing")]]
    assert due(beat, to=replace(every, severities=["page"]), pace=STATES) == []
