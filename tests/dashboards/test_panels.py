"""Every panel's SQL runs on the engine and gives the columns that its kind is drawn from."""

import re

import pytest
from board_traffic import END, SECOND, START, BoardTraffic, span_id

from telltale_collector.store.client import Client
from telltale_dashboards.boards import boards
from telltale_dashboards.layout import COLUMNS, panel_id, places
from telltale_dashboards.panel import EDGE_COLUMNS, NODE_COLUMNS, TRACES_COLUMNS, Board, Panel

PANELS = [pytest.param(board, panel, id=f"{board.uid}: {panel.title}") for board in boards() for panel in board.panels]
INTERVAL_S = 900
NUMBER = re.compile(r"(Nullable\()?(U?Int|Float|Decimal)")
TEXT = re.compile(r"(LowCardinality\()?(Nullable\()?String")
SCALAR = re.compile(r"(LowCardinality\()?(Nullable\()?(U?Int|Float|Decimal|String|DateTime|Bool)")
CHOICES = {
    "everything": {},
    "chosen": {"service": ["help desk's bot"], "environment": ["staging"], "model": ["gpt-4o"]},
}


class Answer:
    """What a panel's SQL gives: types and rows, by column."""

    def __init__(self, client: Client, sql: str, parameters: dict) -> None:
        used = {name: value for name, value in parameters.items() if f"{{{name}:" in sql}
        self.rows = client.query(sql, used, {})
        described = client.query(f"DESCRIBE TABLE ({sql})", used, {})
        self.types = {row["name"]: row["type"] for row in described}

    def columns(self, pattern: re.Pattern) -> list[str]:
        return [name for name, type_ in self.types.items() if pattern.match(type_)]


def parameters_of(board: Board, traffic: BoardTraffic, **chosen: list[str]) -> dict:
    given = {"project": traffic.project, "from_time": START, "to_time": END, "interval_s": INTERVAL_S}
    given |= {variable.name: chosen.get(variable.name, []) for variable in board.variables if variable.many}
    return given | {"trace_id": traffic.trace_ids[45]}


@pytest.fixture
def ask(client: Client, traffic: BoardTraffic):
    def run(board: Board, sql: str, **chosen: list[str]) -> Answer:
        return Answer(client, sql, parameters_of(board, traffic, **chosen))

    return run


def check_timeseries(panel: Panel, answer: Answer) -> None:
    assert answer.types["time"].startswith("DateTime")
    texts, numbers = answer.columns(TEXT), answer.columns(NUMBER)
    assert texts == ([panel.by] if panel.by else [])
    assert len(numbers) == 1 if panel.by else numbers
    assert set(answer.types) == {"time", *texts, *numbers}
    times = [row["time"] for row in answer.rows]
    assert times == sorted(times)
    assert len({(row["time"], row.get(panel.by)) for row in answer.rows}) == len(answer.rows)


def check_stat(_: Panel, answer: Answer) -> None:
    assert len(answer.rows) == 1
    assert answer.columns(NUMBER) == list(answer.types)
    assert all(value is not None for value in answer.rows[0].values())


def check_table(panel: Panel, answer: Answer) -> None:
    assert answer.columns(SCALAR) == list(answer.types)
    assert set(panel.units) <= set(answer.types)
    assert {link.column for link in panel.links} <= set(answer.types)
    assert "trace_id" not in answer.types or panel.links, "a table of traces leads to them"


def check_bar(_: Panel, answer: Answer) -> None:
    assert (len(answer.columns(TEXT)), len(answer.columns(NUMBER)), len(answer.types)) == (1, 1, 2)


def check_heatmap(panel: Panel, answer: Answer) -> None:
    check_timeseries(panel, answer)
    bounds = [row[panel.by] for row in answer.rows]
    assert sorted(bounds) == sorted(bounds, key=float), "bounds sort like their numbers"


def check_traces(_: Panel, answer: Answer) -> None:
    assert set(TRACES_COLUMNS) <= set(answer.types)
    assert all(row["spanID"] for row in answer.rows), "one empty id blanks the panel"
    for name in ("tags", "serviceTags"):
        assert answer.types[name] == "Array(Map(String, String))"
    root = next(row for row in answer.rows if row["parentSpanID"] == "")
    assert (root["startTime"], root["duration"]) == (START / 1e6 + 45 * 300_000, 6_000)


def check_nodegraph(_: Panel, answer: Answer) -> None:
    assert set(NODE_COLUMNS) <= set(answer.types)
    assert len({row["id"] for row in answer.rows}) == len(answer.rows)


CHECKS = {
    "timeseries": check_timeseries,
    "stat": check_stat,
    "table": check_table,
    "bar": check_bar,
    "heatmap": check_heatmap,
    "traces": check_traces,
    "nodegraph": check_nodegraph,
}


@pytest.mark.parametrize(("board", "panel"), PANELS)
def test_a_panel_gives_what_its_kind_is_drawn_from(ask, board: Board, panel: Panel) -> None:
    answer = ask(board, panel.sql)
    assert answer.rows, "the seeded traffic has something of everything"
    CHECKS[panel.kind](panel, answer)


@pytest.mark.parametrize(("board", "panel"), PANELS)
def test_a_panel_runs_on_what_is_chosen(ask, board: Board, panel: Panel) -> None:
    assert ask(board, panel.sql, **CHOICES["chosen"]).types


@pytest.mark.parametrize(("board", "panel"), PANELS)
def test_a_panel_runs_on_an_empty_project(client: Client, traffic: BoardTraffic, board: Board, panel: Panel) -> None:
    answer = Answer(client, panel.sql, parameters_of(board, traffic) | {"project": "nothing here"})
    assert len(answer.rows) == (1 if panel.kind == "stat" else 0)


@pytest.mark.parametrize(("board", "panel"), PANELS)
def test_names_of_columns_do_not_change_what_is_counted(
    client: Client, traffic: BoardTraffic, board: Board, panel: Panel
) -> None:
    """An alias that is a column's name would stand for it in WHERE, depending on the reader's settings."""
    given = {name: value for name, value in parameters_of(board, traffic).items() if f"{{{name}:" in panel.sql}
    rows = client.query(panel.sql, given, {})
    assert client.query(panel.sql, given, {"prefer_column_name_to_alias": 1}) == rows


@pytest.mark.parametrize(("board", "panel"), PANELS)
def test_a_panel_says_what_it_shows_and_where_it_looks(board: Board, panel: Panel) -> None:
    assert panel.title
    assert panel.description.endswith((".", "?"))
    assert len(panel.description) > 30
    if board.uid == "telltale-trace":
        assert "{trace_id:String}" in panel.sql
    else:
        assert "{from_time:Int64}" in panel.sql
        assert "{to_time:Int64}" in panel.sql
    assert "{project:String}" in panel.sql
    assert "SELECT *" not in panel.sql
    values = [threshold.value for threshold in panel.thresholds]
    assert values == sorted(values)


@pytest.mark.parametrize("board", boards(), ids=lambda board: board.uid)
def test_a_variable_offers_the_values_that_are_there(ask, board: Board) -> None:
    expected = {
        "project": {"boards"},
        "service": {"shop", "help desk's bot"},
        "environment": {"production", "staging"},
        "model": {"gpt-4o-mini", "gpt-4o", "house-model", "text-embedding-3-small"},
    }
    for variable in board.variables:
        if variable.sql:
            answer = ask(board, variable.sql)
            assert len(answer.types) == 1
            offered = {row["value"] for row in answer.rows}
            assert offered >= expected[variable.name]
            assert "" not in offered


def test_choosing_narrows_what_is_counted(ask) -> None:
    (board,) = (board for board in boards() if board.uid == "telltale-overview")
    (panel,) = (panel for panel in board.panels if panel.title == "Calls")
    (everything,), (chosen,) = ask(board, panel.sql).rows, ask(board, panel.sql, model=["gpt-4o"]).rows
    assert (everything["calls"], chosen["calls"]) == (144, 24)


def test_edges_join_steps_of_the_graph(ask, traffic: BoardTraffic) -> None:
    (board,) = (board for board in boards() if board.uid == "telltale-trace")
    (panel,) = (panel for panel in board.panels if panel.edges)
    nodes, edges = ask(board, panel.sql), ask(board, panel.edges)
    assert set(EDGE_COLUMNS) <= set(edges.types)
    ids = {row["id"] for row in nodes.rows}
    assert {row["source"] for row in edges.rows} == {span_id(traffic.trace_ids[45], "answer")}
    assert {row["target"] for row in edges.rows} == ids - {span_id(traffic.trace_ids[45], "answer")}


def test_boards_and_panels_are_told_apart_by_their_names() -> None:
    uids = [board.uid for board in boards()]
    assert len(set(uids)) == len(uids)
    for board in boards():
        assert board.uid.startswith("telltale-")
        assert len(board.uid) <= 40
        titles = [panel.title for panel in board.panels] + [f"row {row.title}" for row in board.rows]
        assert len({panel_id(title) for title in titles}) == len(titles)


def test_links_lead_to_boards_and_variables_that_exist() -> None:
    variables = {board.uid: {variable.name for variable in board.variables} for board in boards()}
    links = [link for board in boards() for panel in board.panels for link in panel.links]
    assert links
    for link in links:
        assert link.variable in variables[link.board]


@pytest.mark.parametrize("board", boards(), ids=lambda board: board.uid)
def test_lines_of_panels_fill_the_grid_without_overlap(board: Board) -> None:
    filled: dict[int, int] = {}
    taken: set[tuple[int, int]] = set()
    for place in places(board):
        cells = {(place.x + x, place.y + y) for x in range(place.width) for y in range(place.height)}
        assert not cells & taken
        taken |= cells
        filled[place.y] = filled.get(place.y, 0) + place.width
    assert set(filled.values()) == {COLUMNS}, f"a line is not full: {filled}"


def test_a_rate_is_a_count_by_the_seconds_it_stands_for(ask) -> None:
    (board,) = (board for board in boards() if board.uid == "telltale-overview")
    (panel,) = (panel for panel in board.panels if panel.title == "Calls per second by model")
    rows = ask(board, panel.sql).rows
    assert round(sum(row["calls"] for row in rows) * INTERVAL_S) == 144
    assert {int(row["time"].timestamp()) % INTERVAL_S for row in rows} == {0}
    assert END - START == 6 * 3600 * SECOND
