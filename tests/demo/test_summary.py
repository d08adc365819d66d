"""The table on answers shaped like the API's."""

import pytest
import summary
from inline_snapshot import snapshot

URL = "http://127.0.0.1:4318"


def usage_row(**changed):
    row = {
        "model": "smollm2-135m-instruct",
        "calls": 11,
        "errors": 0,
        "input_tokens": 2618,
        "output_tokens": 274,
        "cost_usd": 0.00007428,
        "unpriced_calls": 0,
        "estimated_calls": 0,
        "p50_duration_ns": 1_180_000_000,
        "p95_duration_ns": 2_804_000_000,
        "p50_ttft_ns": 920_000_000,
    }
    return row | changed


def guard_row(name, **counts):
    verdicts = {f"guard_{verdict}": 0 for verdict in ("pass", "flag", "redact", "block", "error")}
    return {"guard_name": name, "calls": 0} | verdicts | {f"guard_{verdict}": n for verdict, n in counts.items()}


def trace(trace_id="a" * 32, **changed):
    return {"trace_id": trace_id, "duration_ns": 1_000_000_000, "status": "unset", "scores": {}} | changed


def rendered(traces=(), usage=(), guards=()) -> str:
    return summary.render(summary.Run(list(traces), list(usage), list(guards)), URL)


def test_the_table_shows_calls_tokens_money_time_guards_feedback_and_the_slowest_trace() -> None:
    traces = [
        trace(scores={"feedback": 1.0}),
        trace("b" * 32, duration_ns=2_900_000_000, scores={"feedback": -1.0}),
        trace("c" * 32, duration_ns=200_000),
    ]
    guards = [guard_row("injection", **{"pass": 11, "block": 1}), guard_row("pii", **{"pass": 10, "redact": 1})]
    assert rendered(traces, [usage_row()], guards) == snapshot("""\

model                  calls  in tokens  out tokens       cost     p50     p95  TTFT p50
smollm2-135m-instruct     11      2,618         274  $0.000074  1.18 s  2.80 s    0.92 s

traces    3
guards    injection: 11 pass, 1 block; pii: 10 pass, 1 redact
feedback  1 up, 1 down (by comparison with the golden answers)
slowest   2.90 s  http://127.0.0.1:4318/traces/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
open      http://127.0.0.1:4318/\
""")


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        (usage_row(cost_usd=None, unpriced_calls=11), "unpriced"),
        (usage_row(cost_usd=0, unpriced_calls=11), "unpriced"),
        (usage_row(cost_usd=0.5, unpriced_calls=2), "$0.500000 + 2 unpriced"),
        (usage_row(cost_usd=0), "$0.000000"),
    ],
)
def test_a_call_without_a_price_is_never_shown_as_free(row, shown: str) -> None:
    assert f"  {shown}  " in rendered(usage=[row])


def test_what_is_unknown_shows_as_a_dash() -> None:
    row = usage_row(input_tokens=None, output_tokens=None, p50_ttft_ns=None)
    assert rendered(usage=[row]).splitlines()[2].split() == [
        "smollm2-135m-instruct",
        "11",
        "-",
        "-",
        "$0.000074",
        "1.18",
        "s",
        "2.80",
        "s",
        "-",
    ]


def test_tokens_that_telltale_counted_itself_are_called_so() -> None:
    assert "tokens    those of 3 calls are counted by Telltale" in rendered(usage=[usage_row(estimated_calls=3)])


def test_prices_that_are_invented_are_called_so() -> None:
    shown = summary.render(summary.Run([], [usage_row()], []), URL, "at invented prices")
    assert "cost      at invented prices\n" in shown


def test_failed_traces_are_counted() -> None:
    assert "traces    2, 1 failed" in rendered([trace(), trace("b" * 32, status="error")])


def test_each_model_has_a_line_and_the_columns_stand_under_each_other() -> None:
    lines = rendered(usage=[usage_row(), usage_row(model="m", calls=12_345)]).splitlines()[1:4]
    assert len({len(line) for line in lines}) == 1


def test_a_run_without_anything_stored_says_so() -> None:
    assert rendered() == snapshot("""\

model  calls  in tokens  out tokens  cost  p50  p95  TTFT p50

traces    0
guards    none
feedback  0 up, 0 down (by comparison with the golden answers)
open      http://127.0.0.1:4318/\
""")
