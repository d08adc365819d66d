"""The timeline of an alert for a series of values, from Grafana's documentation of alert states.

Each letter of ``values`` is one evaluation a minute: ``x`` bad, ``.`` good, ``-`` no such row (another is there), ``0``
no row at all. Each letter of ``states``: ``n`` normal, ``p`` pending, ``F`` firing, ``r`` recovering, ``R`` resolved.
"""

import pytest

from telltale_collector.alerts.states import Sample, fingerprint_of, step
from telltale_dashboards.rule import Rule

MINUTE_NS = 60_000_000_000
LABELS = {"service": "bot"}
OTHER = Sample({"service": "other"}, 0.0)
LETTERS = {"normal": "n", "pending": "p", "firing": "F", "recovering": "r", "resolved": "R"}


def rule(**fields: object) -> Rule:
    given = {"title": "t", "severity": "page", "description": "d", "sql": "", "unit": "short", "window_s": 60}
    return Rule(uid="rule", threshold=1, **(given | fields))


def timeline(values: str, **fields: object) -> str:
    known, states = {}, ""
    key = fingerprint_of("p", "rule", LABELS)
    for minute, letter in enumerate(values):
        row = {"x": [Sample(LABELS, 2.0)], ".": [Sample(LABELS, 0.0)]}.get(letter, [])
        samples = [] if letter == "0" else [OTHER, *row]
        known = step("p", rule(**fields), 60, known, samples, minute * MINUTE_NS)
        states += LETTERS[known[key].state] if key in known else "n"
    return states


@pytest.mark.parametrize(
    ("values", "states", "fields"),
    [
        (".x.", "nFR", {}),
        ("..x", "nnF", {}),
        ("xx.x", "FFRF", {}),
        ("x..", "FRn", {}),
        ("xxxx.", "pppFR", {"for_s": 180}),
        ("xx.xxxx", "ppnpppF", {"for_s": 180}),
        ("x.", "pn", {"for_s": 60}),
        ("xx", "pF", {"for_s": 60}),
        ("xx", "pF", {"for_s": 30}),
        ("x...", "FrrR", {"keep_firing_for_s": 120}),
        ("x.x..", "FrFrR", {"keep_firing_for_s": 60}),
        ("x.x...", "FrFrrR", {"keep_firing_for_s": 120}),
        ("xx..x", "pFrRp", {"for_s": 60, "keep_firing_for_s": 60}),
        ("xx.x.", "pFrFr", {"for_s": 60, "keep_firing_for_s": 60}),
        ("x-", "FF", {}),
        ("x--", "FFR", {}),
        ("x---", "FFRn", {}),
        ("x-x", "FFF", {}),
        ("x--", "FFR", {"keep_firing_for_s": 600}),
        ("xx--", "pppn", {"for_s": 600}),
        ("x0", "FR", {}),
        ("x00", "FrR", {"keep_firing_for_s": 60}),
        ("x0x", "FFF", {"no_data": "keep_last"}),
        ("x000", "FFFF", {"no_data": "keep_last"}),
        (".00", "npF", {"no_data": "alerting", "for_s": 60}),
        (".0.", "nFR", {"no_data": "alerting"}),
    ],
)
def test_an_alert_goes_through_the_states_that_grafana_documents(values: str, states: str, fields: dict) -> None:
    assert timeline(values, **fields) == states


def test_no_row_from_the_beginning_is_an_alert_without_labels_where_that_is_bad() -> None:
    known = step("p", rule(no_data="alerting"), 60, {}, [], 0)
    assert [(alert.labels, alert.state) for alert in known.values()] == [({}, "firing")]
    assert step("p", rule(), 60, {}, [], 0) == {}


def test_below_is_bad_where_the_rule_says_so_and_the_threshold_itself_is_good() -> None:
    assert timeline("x.", bound="below") == "nF"
    at_threshold = step("p", rule(), 60, {}, [Sample(LABELS, 1.0)], 0)
    assert [alert.state for alert in at_threshold.values()] == ["normal"]


def test_times_say_when_it_was_bad_first_when_it_fired_and_when_it_was_over() -> None:
    key, known = fingerprint_of("p", "rule", LABELS), {}
    for minute, value in enumerate((2.0, 2.0, 0.0, 0.0, 2.0)):
        before = known.get(key)
        known = step("p", rule(for_s=60, keep_firing_for_s=60), 60, known, [Sample(LABELS, value)], minute * MINUTE_NS)
        if minute == 3:
            over = known[key]
        if minute == 2:
            assert before is not None
            assert known[key].starts_at_ns == before.starts_at_ns
    assert (over.active_at_ns, over.starts_at_ns, over.ends_at_ns) == (0, MINUTE_NS, 3 * MINUTE_NS)
    again = known[key]
    assert (again.state, again.active_at_ns, again.starts_at_ns, again.ends_at_ns) == (
        "pending",
        4 * MINUTE_NS,
        None,
        None,
    )


def test_after_a_long_pause_a_row_that_is_gone_is_over_at_once_and_one_that_stayed_goes_on() -> None:
    known = step("p", rule(), 60, {}, [Sample(LABELS, 2.0)], 0)
    gone = step("p", rule(), 60, known, [OTHER], 3600 * 1_000_000_000)
    stayed = step("p", rule(), 60, known, [Sample(LABELS, 2.0)], 3600 * 1_000_000_000)
    key = fingerprint_of("p", "rule", LABELS)
    assert (gone[key].state, stayed[key].state, stayed[key].starts_at_ns) == ("resolved", "firing", 0)


def test_who_an_alert_is_depends_on_project_rule_and_labels_in_any_order() -> None:
    one = fingerprint_of("p", "r", {"a": "1", "b": "2"})
    assert one == fingerprint_of("p", "r", {"b": "2", "a": "1"})
    others = {
        fingerprint_of("q", "r", {"a": "1", "b": "2"}),
        fingerprint_of("p", "s", {"a": "1", "b": "2"}),
        fingerprint_of("p", "r", {"a": "1", "b": "3"}),
        fingerprint_of("p", "r", {"a": "1", "b": "2", "c": ""}),
        fingerprint_of("p", "r", {"a": "1b", "": "2"}),
    }
    assert len(others | {one}) == 6
