from decimal import Decimal

from canonical import span
from hypothesis import given
from hypothesis import strategies as st

from telltale_collector.web.waterfall import build_waterfall, money_of


def test_children_follow_their_parents_in_start_order() -> None:
    root = span("root", 0, 100)
    late = span("late", 50, 60, parent_span_id=root.span_id)
    early = span("early", 10, 20, parent_span_id=root.span_id)
    inner = span("inner", 12, 15, parent_span_id=early.span_id)
    rows = build_waterfall([root, early, inner, late]).rows
    assert [(row.span.name, row.depth, row.parts) for row in rows] == [
        ("root", 0, 3),
        ("early", 1, 1),
        ("inner", 2, 0),
        ("late", 1, 0),
    ]


def test_bars_are_percent_of_the_whole_trace() -> None:
    root = span("root", 0, 200)
    call = span("chat", 50, 150, parent_span_id=root.span_id, kind="llm", ttft_ns=20_000_000)
    rows = build_waterfall([root, call]).rows
    assert [(row.x, row.width, row.first) for row in rows] == [(0, 100, None), (25, 50, 10)]
    assert [row.is_call for row in rows] == [False, True]


def test_spans_without_their_parent_stand_at_the_end_under_one_heading() -> None:
    root = span("root", 5, 100)
    orphans = [span("lost", 1, 2, parent_span_id="ab" * 8), span("lost too", 3, 4, parent_span_id="cd" * 8)]
    rows = build_waterfall([*orphans, root]).rows
    assert [(row.span.name, row.is_orphan, row.heads_orphans) for row in rows] == [
        ("root", False, False),
        ("lost", True, True),
        ("lost too", True, False),
    ]


def test_parents_in_a_circle_lose_no_span() -> None:
    one = span("one", parent_span_id="00000000000000bb", span_id="00000000000000aa")
    two = span("two", parent_span_id="00000000000000aa", span_id="00000000000000bb")
    rows = build_waterfall([one, two]).rows
    assert {row.span.name for row in rows} == {"one", "two"}
    assert build_waterfall([one, two]).has_root is False


def test_a_very_deep_tree_is_built_and_its_indent_ends() -> None:
    spans = [span("s0", 0, 10, span_id=f"{0:016x}")]
    spans += [span(f"s{n}", 0, 10, span_id=f"{n:016x}", parent_span_id=f"{n - 1:016x}") for n in range(1, 5_000)]
    rows = build_waterfall(spans).rows
    assert len(rows) == 5_000
    assert rows[-1].depth == 4_999
    assert rows[-1].indent == rows[20].indent


def test_a_guard_is_coloured_by_its_verdict_and_the_rest_by_kind() -> None:
    rows = build_waterfall([span(kind="guardrail", guard_verdict="block"), span(kind="tool")]).rows
    assert [row.tone for row in rows] == ["guard-block", "tool"]


def test_ticks_are_round_and_few() -> None:
    ticks = build_waterfall([span(start_ms=0, end_ms=801)]).ticks
    assert [tick.label for tick in ticks] == ["0", "500 ms"]
    assert [tick.label for tick in build_waterfall([span(start_ms=0, end_ms=2_700)]).ticks] == [
        "0",
        "1 s",
        "2 s",
    ]
    assert build_waterfall([span(start_ms=4, end_ms=4)]).ticks == []


@given(st.integers(1, 10**14))
def test_ticks_stay_on_the_axis(total_ns: int) -> None:
    ticks = build_waterfall([span(end_time=total_ns)]).ticks
    assert 1 <= len(ticks) <= 5
    assert all(0 <= tick.x < 100 for tick in ticks)


def test_the_parts_of_the_cost_count_each_call_once() -> None:
    call = span(kind="llm", input_cost_usd=Decimal("0.1"), output_cost_usd=Decimal("0.2"))
    again = span(kind="llm", input_cost_usd=Decimal("0.1"), duplicate_of=call.span_id)
    agent = span(kind="agent", input_cost_usd=Decimal("0.1"))
    money = money_of([call, again, agent])
    assert money.input_cost_usd == Decimal("0.1")
    assert money.output_cost_usd == Decimal("0.2")
    assert money.cache_savings_usd is None
