"""Grafana's words for a panel's SQL mean the same: both give the same rows."""

import grafana_macros
import pytest
from board_traffic import END, START, BoardTraffic

from telltale_collector.store.client import Client
from telltale_dashboards.boards import boards
from telltale_dashboards.grafana_sql import grafana_sql

QUERIES = [
    pytest.param(board, sql, id=f"{board.uid}: {name}")
    for board in boards()
    for name, sql in [
        *((panel.title, panel.sql) for panel in board.panels),
        *((f"{panel.title}, edges", panel.edges) for panel in board.panels if panel.edges),
        *((f"variable {variable.name}", variable.sql) for variable in board.variables if variable.sql),
    ]
]
CHOICES = {
    "all": {"service": [], "environment": [], "model": []},
    "one": {"service": ["help desk's bot"], "environment": ["staging"], "model": ["gpt-4o"]},
    "two": {"service": ["shop"], "environment": [], "model": ["gpt-4o", "house-model"]},
}
INTERVAL_S = 900


def rounded(value: object) -> object:
    """Without the last digits of floats: these are summed in the order in which the engine's threads come by."""
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(part) for part in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


@pytest.mark.parametrize("chosen", CHOICES.values(), ids=CHOICES)
@pytest.mark.parametrize(("board", "sql"), QUERIES)
def test_grafana_gets_the_rows_that_the_typed_parameters_give(
    client: Client, traffic: BoardTraffic, board, sql: str, chosen: dict
) -> None:
    typed = {"project": traffic.project, "from_time": START, "to_time": END, "interval_s": INTERVAL_S}
    typed |= {"trace_id": traffic.trace_ids[45], **chosen}
    values = {"project": traffic.project, "trace_id": traffic.trace_ids[45]}
    values |= {name: value or None for name, value in chosen.items()}
    offered = {variable.name for variable in board.variables}
    expanded = grafana_macros.expand(
        grafana_sql(sql),
        {name: value for name, value in values.items() if name in offered},
        START // 1_000_000,
        END // 1_000_000,
        INTERVAL_S,
    )
    expected = client.query(sql, {name: value for name, value in typed.items() if f"{{{name}:" in sql}, {})
    assert rounded(client.query(expanded, {}, {})) == rounded(expected)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("start_time >= fromUnixTimestamp64Nano({from_time:Int64})", "start_time >= $__fromTime_ms"),
        ("start_time < fromUnixTimestamp64Nano({to_time:Int64})", "start_time < $__toTime_ms"),
        ("{to_time:Int64} - 1", "toUnixTimestamp64Nano($__toTime_ms) - 1"),
        ("count() / {interval_s:UInt32}", "count() / $__interval_s"),
        ("project = {project:String}", "project = ${project:singlequote}"),
        ("x IN {x:Array(String)}", "x IN (${x:singlequote})"),
        (
            "(empty({x:Array(String)}) OR f(a, (b)) IN {x:Array(String)}) OR 1",
            "$__conditionalAll(f(a, (b)) IN (${x:singlequote}), $x) OR 1",
        ),
        (
            "(empty({x:Array(String)}) OR t IN (SELECT t FROM s WHERE y IN {x:Array(String)}))",
            "$__conditionalAll(t IN (SELECT t\nFROM s\nWHERE y IN (${x:singlequote})), $x)",
        ),
    ],
)
def test_a_parameter_has_its_word(sql: str, expected: str) -> None:
    assert grafana_sql(sql) == expected


def test_only_the_shape_of_lines_is_changed_where_there_are_no_parameters() -> None:
    sql = "SELECT a FROM b WHERE c = '{d}' AND e"
    assert grafana_sql(sql).split() == sql.split()


@pytest.mark.parametrize("sql", ["has({x:Array(String)}, y)", "LIMIT {limit:UInt32}", "{x:Array(String)}"])
def test_a_parameter_without_a_word_is_refused(sql: str) -> None:
    with pytest.raises(ValueError, match="no words for"):
        grafana_sql(sql)


def test_a_bracket_that_is_never_closed_is_refused() -> None:
    with pytest.raises(ValueError, match="never closed"):
        grafana_sql("(empty({x:Array(String)}) OR x IN {x:Array(String)}")
