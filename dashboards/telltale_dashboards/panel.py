"""What a board is: pure data, from which Grafana's JSON is built and which any other renderer can read.

A panel's SQL runs as it stands on ClickHouse, with typed parameters:

- ``{project:String}``: the tenant
- ``{from_time:Int64}``, ``{to_time:Int64}``: nanoseconds since 1970, the end not included
- ``{interval_s:UInt32}``: seconds a point of a time series stands for
- ``{<variable>:Array(String)}``: values chosen of a variable with many; empty means all
- ``{<variable>:String}``: the value of a variable with one
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["timeseries", "stat", "table", "bar", "heatmap", "traces", "nodegraph"]
"""How a panel is drawn, and which columns its SQL gives:

- ``timeseries``: ``time``, in rising order; numbers, one line each; or one text column and one number: a line a text
- ``stat``: one row; each number is shown
- ``table``: any columns
- ``bar``: a text and a number, one bar a row
- ``heatmap``: ``time``, in rising order; the bucket's upper bound as a text that sorts like its number; a count
- ``traces``: ``TRACES_COLUMNS``, a row a span of one trace
- ``nodegraph``: ``NODE_COLUMNS``; ``edges`` gives ``EDGE_COLUMNS``
"""

Unit: TypeAlias = Literal[
    "short", "none", "percentunit", "currencyUSD", "ns", "ms", "s", "cps", "dateTimeAsIso", "string"
]
"""Units by Grafana's names: ``percentunit`` is a share from 0 to 1, ``cps`` counts a second, ``ns`` nanoseconds."""

TRACES_COLUMNS = (
    "traceID spanID parentSpanID operationName serviceName serviceTags tags startTime duration".split()  # milliseconds
)
NODE_COLUMNS = "id title subtitle mainstat secondarystat".split()
EDGE_COLUMNS = "id source target".split()


Level: TypeAlias = Literal["warning", "bad"]


@dataclass(frozen=True, slots=True)
class Threshold:
    """From this value on, what is shown asks for attention; below the first it is good."""

    value: float
    level: Level


@dataclass(frozen=True, slots=True)
class Link:
    """Where the values of a column lead.

    Attributes:
        column: whose values are linked.
        board: uid of the board that shows one of them; ``variable`` is what of it takes the value.
        page: path in Telltale's own UI, ``{value}`` standing for the value.
    """

    column: str
    board: str
    variable: str
    page: str


TO_TRACE = Link("trace_id", board="telltale-trace", variable="trace_id", page="/traces/{value}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One question and its answer.

    Attributes:
        title: what is shown; unique in its board, and the panel's identity for links from alerts.
        description: what it says, and what to do when it is bad.
        unit: of all numbers but those that ``units`` names by column.
        sql: one SELECT, see the module.
        by: the text column that parts a time series or a heatmap; its values name the lines.
        edges: the second SELECT of a ``nodegraph``.
        width: of 24; 0 is what its kind usually takes.
        stacked: lines of a time series are parts of one sum.
        thresholds: rising.
    """

    title: str
    kind: Kind
    unit: Unit
    description: str
    sql: str
    by: str = ""
    edges: str = ""
    units: Mapping[str, Unit] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    width: int = 0
    stacked: bool = False


def stat(
    title: str, unit: Unit, description: str, sql: str, warning: float | None = None, bad: float | None = None
) -> Panel:
    """A number to see at a glance; from ``warning`` and ``bad`` on it asks for attention."""
    levels: tuple[tuple[float | None, Level], ...] = ((warning, "warning"), (bad, "bad"))
    thresholds = tuple(Threshold(value, level) for value, level in levels if value is not None)
    return Panel(title=title, kind="stat", unit=unit, description=description, sql=sql, thresholds=thresholds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """Something to choose at the top of a board, a parameter of its SQL.

    Attributes:
        sql: a SELECT of one text column, the values to choose from; "" for a text to type.
        many: whether several can be chosen; the parameter is then an array.
        default: the first value of one that is not ``many``.
    """

    name: str
    label: str
    description: str
    sql: str = ""
    many: bool = False
    default: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A heading and the panels below it."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One page of panels.

    Attributes:
        uid: part of its address, never changed; starts with ``telltale-``.
        starts: how far back it looks when opened, such as ``now-6h``.
    """

    uid: str
    title: str
    description: str
    variables: tuple[Variable, ...]
    rows: tuple[Row, ...]
    starts: str = "now-6h"

    @property
    def panels(self) -> Iterator[Panel]:
        """All panels, in reading order."""
        return (panel for row in self.rows for panel in row.panels)
