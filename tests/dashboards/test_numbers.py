"""What boards show is what the API's usage says, to the last digit."""

import pytest
from board_traffic import END, INTERVAL, START, TRACES, BoardTraffic

from telltale_collector.model import TraceFilter
from telltale_collector.store.client import Client
from telltale_collector.store.usage import usage
from telltale_dashboards.boards import boards
from telltale_dashboards.fragments import CALLS, most

BOARDS = {board.uid: board for board in boards()}


@pytest.fixture
def rows_of(client: Client, traffic: BoardTraffic):
    def run(uid: str, title: str, **chosen: object) -> list[dict]:
        (panel,) = (panel for panel in BOARDS[uid].panels if panel.title == title)
        given = {"project": traffic.project, "from_time": START, "to_time": END, "interval_s": INTERVAL}
        given |= {"service": [], "environment": [], "model": []} | chosen
        return client.query(panel.sql, {k: v for k, v in given.items() if f"{{{k}:" in panel.sql}, {})

    return run


@pytest.fixture
def used(traffic: BoardTraffic):
    def run(*keys: str, interval: str | None = None, **where: str) -> list[dict]:
        return usage(traffic.reader, traffic.project, TraceFilter(START, END, **where), keys, interval)

    return run


@pytest.mark.parametrize(
    ("uid", "title", "column", "name"),
    [
        ("telltale-overview", "Calls", "calls", "calls"),
        ("telltale-overview", "Cost", "cost", "cost_usd"),
        ("telltale-overview", "Latency p95", "p95", "p95_duration_ns"),
        ("telltale-overview", "Time to first token p95", "p95", "p95_ttft_ns"),
        ("telltale-overview", "Tokens", "input", "input_tokens"),
        ("telltale-overview", "Tokens", "output", "output_tokens"),
        ("telltale-overview", "Guard blocks", "blocks", "guard_block"),
        ("telltale-cost", "Cost", "cost", "cost_usd"),
        ("telltale-cost", "Saved by the provider's cache", "saved", "cache_savings_usd"),
        ("telltale-cost", "Unpriced calls", "calls", "unpriced_calls"),
        ("telltale-cost", "Estimated calls", "calls", "estimated_calls"),
        ("telltale-latency", "Latency p50", "latency", "p50_duration_ns"),
        ("telltale-latency", "Latency p99", "latency", "p99_duration_ns"),
        ("telltale-latency", "Time to first token p50", "ttft", "p50_ttft_ns"),
    ],
)
def test_a_number_is_the_one_of_usage(rows_of, used, uid: str, title: str, column: str, name: str) -> None:
    ((shown,), (counted,)) = rows_of(uid, title), used()
    assert counted[name]
    assert shown[column] == counted[name]


@pytest.mark.parametrize(
    ("title", "column", "part"),
    [
        ("Failed calls", "failed", "errors"),
        ("Unpriced calls", "unpriced", "unpriced_calls"),
        ("Estimated calls", "estimated", "estimated_calls"),
    ],
)
def test_a_share_is_the_one_of_usage(rows_of, used, title: str, column: str, part: str) -> None:
    ((shown,), (counted,)) = rows_of("telltale-overview", title), used()
    assert shown[column] == counted[part] / counted["calls"]


def test_a_call_costs_the_mean_of_those_with_a_price(rows_of, used) -> None:
    sources = rows_of("telltale-cost", "Calls by how sure their cost is")
    priced = sum(row["calls"] for row in sources if row["source"] in {"provider", "table", "estimated"})
    ((shown,), (counted,)) = rows_of("telltale-cost", "Cost per call"), used()
    assert float(shown["cost"]) == pytest.approx(float(counted["cost_usd"] / priced), rel=1e-6)
    assert priced < counted["calls"]


@pytest.mark.parametrize(("title", "key"), [("Cost by model", "model"), ("Cost by user", "user_id")])
def test_cost_over_time_is_the_one_of_usage(rows_of, used, title: str, key: str) -> None:
    label = "user" if key == "user_id" else key
    shown = {(int(row["time"].timestamp()), row[label]): row["cost"] for row in rows_of("telltale-cost", title)}
    counted = {
        (row["time"] // 10**9, row[key] or "none"): row["cost_usd"]
        for row in used(key, interval="1h")
        if row["cost_usd"] is not None
    }
    assert shown == counted


@pytest.mark.parametrize("where", [{"service": "shop"}, {"model": "gpt-4o"}, {"environment": "staging"}])
def test_what_is_chosen_is_what_a_filter_of_usage_takes(rows_of, used, where: dict) -> None:
    (shown,) = rows_of("telltale-cost", "Cost", **{name: [value] for name, value in where.items()})
    (counted,) = used(**where)
    assert counted["cost_usd"] > 0
    assert shown["cost"] == counted["cost_usd"]


def test_the_table_of_models_adds_up(rows_of, used) -> None:
    shown = rows_of("telltale-overview", "Models")
    counted = {row["model"]: row for row in used("model")}
    assert {row["model"] for row in shown} == set(counted)
    for row in shown:
        same = counted[row["model"]]
        assert (row["calls"], row["cost"], row["p95"]) == (same["calls"], same["cost_usd"], same["p95_duration_ns"])


def test_lines_beyond_the_heaviest_are_one_called_other(client: Client, traffic: BoardTraffic, used) -> None:
    sql = f"SELECT {most('user_id', CALLS, limit=2)} AS line, count() AS calls FROM {CALLS} GROUP BY line"
    given = {"project": traffic.project, "from_time": START, "to_time": END}
    given |= {"service": [], "environment": [], "model": []}
    lines = {row["line"]: row["calls"] for row in client.query(sql, given, {})}
    heaviest = sorted(used("user_id"), key=lambda row: (-row["calls"], row["user_id"]))[:2]
    assert {line: calls for line, calls in lines.items() if line != "other"} == {
        row["user_id"]: row["calls"] for row in heaviest
    }
    assert sum(lines.values()) == 2 * TRACES


def test_feedback_counts_likes_and_dislikes(rows_of) -> None:
    likes = sum(row["likes"] for row in rows_of("telltale-overview", "Feedback"))
    dislikes = sum(row["dislikes"] for row in rows_of("telltale-overview", "Feedback"))
    assert (likes, dislikes) == (TRACES / 2 - TRACES / 6, TRACES / 6)
    assert rows_of("telltale-overview", "Dislikes") == [{"dislikes": dislikes}]
    assert rows_of("telltale-quality", "Likes") == [{"likes": likes / (likes + dislikes)}]


def test_health_finds_each_seeded_fault(rows_of) -> None:
    (row,) = rows_of("telltale-health", "Spans received")
    in_all = row["spans"]
    # the last trace arrives in the range, but for those that come fifteen minutes late
    orphans = rows_of("telltale-health", "Latest orphans")
    assert {row["step"] for row in orphans} == {"lost"}
    assert len(orphans) == 4
    assert rows_of("telltale-health", "Orphans") == [{"orphans": len(orphans) / in_all}]
    late = rows_of("telltale-health", "Latest late spans")
    assert {row["delay"] > 300e9 for row in late} == {True}
    assert rows_of("telltale-health", "Late spans") == [{"late": len(late) / in_all}]
    over_time = rows_of("telltale-health", "Faults over time")
    assert sum(row["duplicates"] for row in over_time) == 8
    assert sum(row["late"] for row in over_time) == len(late)
