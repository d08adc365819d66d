"""Every panel of every board, asked on the real engine and drawn as a fragment of the page."""

import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

import pytest
from board_traffic import END, SECOND, START, BoardTraffic
from html_text import text_of

from telltale_collector.store.client import Client
from telltale_collector.store.reader import Reader
from telltale_collector.web.boards.asked import Asked, board_of, read_asked
from telltale_collector.web.boards.drawn import DrawnPanel, drawn_panel
from telltale_collector.web.boards.kind import all_kinds
from telltale_collector.web.format import iso_time
from telltale_collector.web.pages.board_panel import BoardPanel
from telltale_collector.web.render import render
from telltale_dashboards.boards import boards
from telltale_dashboards.panel import Board, Kind, Panel

PANELS = [
    pytest.param(board.uid, number, id=f"{board.uid}: {panel.title}")
    for board in boards()
    for number, panel in enumerate(board.panels)
]
TIMES = (("from", iso_time(START)), ("to", iso_time(END)))


@pytest.fixture(scope="session")
def drawn_traffic(client: Client) -> BoardTraffic:
    seeded = BoardTraffic(client, "drawn boards")
    seeded.seed()
    return seeded


Draw = Callable[..., DrawnPanel]


@pytest.fixture
def draw(client: Client, drawn_traffic: BoardTraffic) -> Draw:
    def drawn(uid: str, which: int | str, *pairs: tuple[str, str], project: str = drawn_traffic.project) -> DrawnPanel:
        asked = ask(uid, *pairs, ("trace_id", drawn_traffic.trace_ids[45]), project=project)
        panels = list(asked.board.panels)
        number = which if isinstance(which, int) else [panel.title for panel in panels].index(which)
        return drawn_panel(Reader(client), asked, number, panels[number])

    return drawn


def ask(uid: str, *pairs: tuple[str, str], project: str = "drawn boards") -> Asked:
    return read_asked(board_of(uid), [*TIMES, *pairs], END, project)


def html(drawn: DrawnPanel) -> str:
    return render("board_panel.html", BoardPanel(drawn)).body.decode()


def links(shown: str) -> list[str]:
    return [unquote(url.replace("&amp;", "&")) for url in re.findall(r'href="([^"]+)"', shown)]


def filters(url: str) -> dict[str, str]:
    return {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}


def test_there_is_a_kind_for_each_that_panels_can_have() -> None:
    assert set(all_kinds()) == set(Kind.__args__)


@pytest.mark.parametrize(("uid", "number"), PANELS)
def test_a_panel_is_drawn(draw: Draw, uid: str, number: int) -> None:
    drawn = draw(uid, number)
    assert (drawn.failed, drawn.is_asked) == ("", True)
    assert drawn.content is not None, "the seeded traffic has something of everything"
    shown = html(drawn)
    assert drawn.panel.title in text_of(shown)
    assert not re.search(r"\sstyle=|<script|>\s*(nan|None)\s*<", shown)
    if drawn.panel.kind in {"timeseries", "heatmap", "nodegraph"}:
        assert re.search(r'aria-label="[^"]{20,}"', shown), "told in words"


@pytest.mark.parametrize(("uid", "number"), PANELS)
def test_a_panel_without_data_says_what_would_fill_it(draw: Draw, uid: str, number: int) -> None:
    drawn = draw(uid, number, project="nothing here")
    assert drawn.failed == ""
    if drawn.content is None:
        assert len(drawn.fills) > 15
        assert drawn.fills.split(".")[0] in text_of(html(drawn))
    else:
        assert drawn.panel.kind == "stat", "a count of nothing is 0"


@pytest.mark.parametrize(("uid", "number"), PANELS)
def test_a_panel_is_drawn_of_what_is_chosen(draw: Draw, uid: str, number: int) -> None:
    assert draw(uid, number, ("service", "help desk's bot"), ("service", "\\"), ("model", "gpt-4o")).failed == ""


def test_a_panel_that_fails_says_so_in_its_own_frame(client: Client) -> None:
    asked = ask("telltale-overview")
    panel = replace(next(iter(asked.board.panels)), sql="SELECT <b> FROM nowhere")
    drawn = drawn_panel(Reader(client), asked, 0, panel)
    assert drawn.failed
    shown = html(drawn)
    assert 'role="alert"' in shown
    assert "readyz" in shown
    assert "<b> FROM" not in shown


def test_figures_are_those_of_the_store_and_judged_in_words(draw: Draw) -> None:
    (calls,) = draw("telltale-overview", "Calls").content.figures
    assert (calls.text, calls.level, calls.word) == ("144", "", "")
    failed = draw("telltale-overview", "Failed calls").content
    assert [figure.level for figure in failed.figures] == ["warning"]
    assert "high" in text_of(html(draw("telltale-overview", "Failed calls")))
    tokens = draw("telltale-overview", "Tokens").content
    assert [figure.name for figure in tokens.figures] == ["input", "output"]


def test_a_stat_leads_to_the_traces_it_counts(draw: Draw) -> None:
    blocks = draw("telltale-overview", "Guard blocks").content
    assert filters(blocks.url)["guard_verdict"] == "block"
    assert draw("telltale-overview", "Calls").content.url == ""


def test_a_chart_adds_up_to_what_is_stored(draw: Draw) -> None:
    drawn = draw("telltale-cost", "Calls by how sure their cost is").content
    totals = {series.name: series.value for series in drawn.series}
    assert sum(int(value) for value in totals.values()) == 144
    assert list(totals)[-1] == "none", "what is left over stands last"
    assert drawn.adds_up


def test_a_line_alone_is_drawn_at_its_own_height_and_the_others_stay_in_the_legend(draw: Draw) -> None:
    number = 12 + [panel.title for panel in list(board_of("telltale-overview").panels)[12:]].index("Cost by model")
    together = draw("telltale-overview", number).content
    alone = draw("telltale-overview", number, (f"only.{number}", "gpt-4o-mini")).content
    assert [series.name for series in alone.drawn] == ["gpt-4o-mini"]
    assert [series.name for series in alone.series] == [series.name for series in together.series]
    assert [series.tone for series in alone.series] == [series.tone for series in together.series]
    assert alone.field.up[-1].text < together.field.up[-1].text
    back = next(series for series in alone.series if series.is_alone)
    assert f"only.{number}" not in filters(back.url)


def test_a_model_has_the_same_colour_on_different_panels(draw: Draw) -> None:
    tones = [
        {series.name: series.tone for series in draw(uid, title).content.series}
        for uid, title in (
            ("telltale-overview", "Calls per second by model"),
            ("telltale-latency", "Latency p95 by model"),
        )
    ]
    assert tones[0] == tones[1]
    assert len(set(tones[0].values())) == len(tones[0])


def test_a_point_leads_to_the_traces_of_its_time_and_its_series(draw: Draw) -> None:
    drawn = draw("telltale-overview", "Calls per second by model", ("service", "shop")).content
    assert {series.name: series.filters for series in drawn.series}["gpt-4o"] == "model=gpt-4o"
    step = drawn.steps[0]
    wanted = filters(step.url)
    assert wanted["service"] == "shop"
    begins = START + 300 * SECOND
    assert wanted["from"] == iso_time(begins - 60 * SECOND), "a trace begins before its steps do"
    assert wanted["to"] == iso_time(begins + drawn.step_ms * 1_000_000)


@pytest.mark.parametrize(
    ("uid", "title", "series", "wanted"),
    [
        ("telltale-cost", "Cost by service", "shop", {"service": "shop"}),
        ("telltale-cost", "Cost by user", "u3", {"user_id": "u3"}),
        ("telltale-cost", "Cost by prompt version", "support/answer@1", {}),
        ("telltale-latency", "Time per trace by kind of step", "retriever", {"kind": "retriever"}),
        ("telltale-quality", "Guard verdicts", "pii: block", {"guard_verdict": "block"}),
    ],
)
def test_a_series_means_a_filter_where_the_list_has_one(
    draw: Draw, uid: str, title: str, series: str, wanted: dict
) -> None:
    found = {each.name: dict(parse_qsl(each.filters)) for each in draw(uid, title).content.series}
    assert found[series] == wanted


def test_a_percentile_leads_to_traces_at_least_as_slow(draw: Draw) -> None:
    chart = draw("telltale-overview", "Latency").content
    assert [series.name for series in chart.drawn] == ["p50", "p95", "p99"]
    slow = [int(dict(parse_qsl(text))["min_duration_ms"]) for text in chart.steps[0].filters]
    assert 0 < slow[0] <= slow[1] <= slow[2]
    assert draw("telltale-overview", "Time to first token").content.steps[0].filters == ["", "", ""]


def test_thresholds_are_drawn_where_they_lie(draw: Draw) -> None:
    limits = draw("telltale-rag", "Retrievals that found nothing").content.field.limits
    assert [limit.level for limit in limits] == ["warning", "bad"]
    assert limits[0].at > limits[1].at


def test_an_axis_of_counts_has_no_halves(draw: Draw) -> None:
    up = draw("telltale-overview", "Guard blocks over time").content.field.up
    assert all(tick.text.isdecimal() for tick in up)
    assert len(up) >= 2


def test_what_failed_and_what_was_blocked_leads_to_that(draw: Draw) -> None:
    failed = draw("telltale-overview", "Failed calls by error").content
    assert filters(failed.steps[0].url)["status"] == "error"
    blocked = draw("telltale-quality", "Latest blocks").content
    user = [head.text for head in blocked.heads].index("user")
    leads = next(row[user].url for row in blocked.rows if row[user].url)
    assert filters(leads)["guard_verdict"] == "block"


def test_a_table_is_sorted_as_the_address_says(draw: Draw) -> None:
    uid, title = "telltale-overview", "Models"
    number = [panel.title for panel in board_of(uid).panels].index(title)

    def column(order: str, name: str) -> list[str]:
        table = draw(uid, number, (f"sort.{number}", order)).content
        at = [head.text for head in table.heads].index(name)
        return [row[at].text for row in table.rows]

    assert column("model", "model") == sorted(column("", "model"))
    assert column("-model", "model") == sorted(column("", "model"), reverse=True)
    assert column("cost", "cost")[-1] == column("-cost", "cost")[-1] == "—", "what is unknown stands last either way"
    assert column("nonsense", "model") == column("", "model")


def test_a_heading_sorts_then_turns_round_then_lets_go(draw: Draw) -> None:
    uid, number = "telltale-overview", [p.title for p in board_of("telltale-overview").panels].index("Models")
    orders = [""]
    for _ in range(3):
        heads = draw(uid, number, (f"sort.{number}", orders[-1])).content.heads
        (calls,) = [head for head in heads if head.text == "calls"]
        orders.append(filters(calls.url).get(f"sort.{number}", ""))
    assert orders == ["", "-calls", "calls", ""]


def test_traces_in_tables_open_as_pages_and_as_boards(draw: Draw, drawn_traffic: BoardTraffic) -> None:
    found = links(html(draw("telltale-overview", "Latest errors")))
    errors = {drawn_traffic.trace_ids[at] for at in range(72) if at % 11 == 3}
    assert {url.rpartition("/")[2] for url in found if url.startswith("/traces/")} == errors
    on_boards = [filters(url)["trace_id"] for url in found if url.startswith("/boards/telltale-trace?")]
    assert set(on_boards) == errors


def test_a_text_of_a_table_leads_to_its_traces(draw: Draw) -> None:
    found = links(html(draw("telltale-overview", "Models")))
    assert {filters(url)["model"] for url in found if url.startswith("/traces?")} >= {"gpt-4o", "gpt-4o-mini"}


def test_the_longest_bar_fills_its_line(draw: Draw) -> None:
    bars = draw("telltale-cost", "Cost by tag").content
    assert max(bar.length for bar in bars) == 100
    assert [bar.name for bar in bars] == [bar.name for bar in sorted(bars, key=lambda bar: (-bar.length, bar.name))]


def test_a_heatmap_counts_every_call_once(draw: Draw) -> None:
    heat = draw("telltale-latency", "How long calls take").content
    assert sum(int(text) for step in heat.steps for text in step.texts) == 144
    assert 0 < min(cell.strength for cell in heat.cells) <= max(cell.strength for cell in heat.cells) == 1


def test_a_waterfall_is_that_of_the_trace(draw: Draw, drawn_traffic: BoardTraffic) -> None:
    shown = html(draw("telltale-trace", "Waterfall"))
    assert f"/traces/{drawn_traffic.trace_ids[45]}?span=" in shown
    assert len(re.findall(r'<li class="k-', shown)) >= 6


def test_a_graph_has_layers_and_no_boxes_on_one_another(draw: Draw) -> None:
    graph = draw("telltale-trace", "How steps hang together").content
    assert len({node.x for node in graph.nodes}) == 2
    assert len({(node.x, node.y) for node in graph.nodes}) == len(graph.nodes)
    assert len(graph.edges) == len(graph.nodes) - 1


def test_hostile_texts_stay_texts(client: Client) -> None:
    hostile = "</td><script>alert(1)</script>\N{RIGHT-TO-LEFT OVERRIDE}"
    asked = ask("telltale-overview")
    board: Board = asked.board
    table = next(panel for panel in board.panels if panel.title == "Models")
    literal = hostile.replace("'", "\\'")
    panels: list[Panel] = [
        replace(table, sql=f"SELECT '{literal}' AS model, 1 AS calls", units={}),
        replace(table, kind="bar", sql=f"SELECT '{literal}' AS model, 1 AS calls", units={}),
        replace(
            table,
            kind="timeseries",
            by="model",
            sql=f"SELECT fromUnixTimestamp64Nano({{from_time:Int64}}) AS time, '{literal}' AS model, 1 AS calls",
            units={},
        ),
    ]
    for panel in panels:
        shown = html(drawn_panel(Reader(client), asked, 0, panel))
        assert "<script" not in shown
        assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in shown
        assert "alert(1)" in shown
