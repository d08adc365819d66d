from telltale_collector.web.query import read_query


def test_unknown_and_empty_parameters_are_forgotten() -> None:
    query = read_query({"q": " refund ", "model": "", "evil": "1", "cursor": ""})
    assert query.params == {"q": "refund"}
    assert query.cursor is None


def test_each_filter_can_be_taken_back_alone() -> None:
    query = read_query({"q": "a&b", "status": "error", "from": "now-1h"})
    assert [(chip.label, chip.value, chip.url_without) for chip in query.chips()] == [
        ("text", "a&b", "/traces?status=error&from=now-1h"),
        ("status", "error", "/traces?q=a%26b&from=now-1h"),
    ]


def test_a_time_range_of_ones_own_is_a_filter_to_take_back() -> None:
    query = read_query({"from": "2026-01-31T09:00:00Z", "to": "now"})
    assert [chip.label for chip in query.chips()] == ["from", "to"]
    assert not any(choice.is_current for choice in query.ranges())


def test_the_current_range_is_marked_and_the_others_keep_the_filters() -> None:
    query = read_query({"from": "now-24h", "model": "m"})
    assert [choice.label for choice in query.ranges() if choice.is_current] == ["24h"]
    assert [choice.url for choice in query.ranges() if choice.label in {"1h", "All"}] == [
        "/traces?from=now-1h&model=m",
        "/traces?model=m",
    ]


def test_a_new_filter_starts_at_the_newest_page() -> None:
    query = read_query({"status": "ok", "cursor": "abc"})
    assert query.url_with("user_id", "u 1") == "/traces?status=ok&user_id=u+1"
    assert query.refresh_url() == "/fragments/traces?status=ok&cursor=abc"
    assert query.older_url("def") == "/traces?status=ok&cursor=def"
