"""A board as Grafana's dashboard, with the Grafana Foundation SDK's models."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef

from telltale_dashboards.drawing import drawing_of
from telltale_dashboards.grafana_sql import grafana_sql
from telltale_dashboards.layout import Place, panel_id, places
from telltale_dashboards.panel import Board, Link, Panel, Variable

with warnings.catch_warnings():
    # the SDK says on import that it prefers the next format, which Grafana 12 and older do not read
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.models import dashboard as models

PLUGIN = "grafana-clickhouse-datasource"
SOURCE_NAME = "Telltale"
SOURCE_UID = "telltale-clickhouse"
"""The data source that boards choose at first; where there is none of this uid, Grafana takes another of the plugin."""

TAG = "telltale"
TELLTALE_URL = "http://127.0.0.1:4318"
"""Where links into Telltale's own UI lead at first; the board's variable ``telltale_url`` says otherwise."""

_SOURCE = DataSourceRef(type_val=PLUGIN, uid="${datasource}")
_COLORS = {"warning": "yellow", "bad": "red"}
_ARCS = {"arc__ok": "green", "arc__error": "red"}  # rings around the nodes of a graph


class ClickHouseQuery(Dataquery):
    """A query of the ClickHouse data source, which the SDK has no model of."""

    def __init__(self, ref_id: str, sql: str, form: int, query_type: str, source: DataSourceRef = _SOURCE) -> None:
        self._json: dict[str, object] = {
            "refId": ref_id,
            "datasource": source,
            "editorType": "sql",
            "format": form,
            "queryType": query_type,
            "rawSql": sql,
        }

    def to_json(self) -> dict[str, object]:
        return self._json


class BoardLink(models.DashboardLink):
    """A link above the panels; the SDK would put it into a menu that older Grafanas do not have."""

    def to_json(self) -> dict[str, object]:
        return {key: value for key, value in super().to_json().items() if key != "placement"}


def dashboard_json(board: Board, telltale_url: str = TELLTALE_URL) -> str:
    """The board as text, always the same for the same board.

    Args:
        telltale_url: where links into Telltale's own UI lead at first.
    """
    return (
        json.dumps(_dashboard(board, telltale_url), cls=JSONEncoder, sort_keys=True, indent=2, ensure_ascii=False)
        + "\n"
    )


def _dashboard(board: Board, telltale_url: str) -> models.Dashboard:
    return models.Dashboard(
        uid=board.uid,
        title=board.title,
        description=board.description,
        tags=[TAG],
        editable=False,
        graph_tooltip=models.DashboardCursorSync.CROSSHAIR,
        refresh="1m",
        time=models.DashboardDashboardTime(from_val=board.starts, to="now"),
        panels=[_placed(place) for place in places(board)],
        templating=models.DashboardDashboardTemplating(list_val=list(_variables(board, telltale_url))),
        links=[_other_boards()],
    )


def _placed(place: Place) -> models.Panel | models.RowPanel:
    grid = models.GridPos(x=place.x, y=place.y, w=place.width, h=place.height)
    if isinstance(place.holds, str):
        return models.RowPanel(title=place.holds, id_val=panel_id(f"row {place.holds}"), grid_pos=grid)
    panel = place.holds
    drawing = drawing_of(panel)
    queries = [sql for sql in (panel.sql, panel.edges) if sql]
    return models.Panel(
        type_val=drawing.plugin,
        id_val=panel_id(panel.title),
        title=panel.title,
        description=panel.description,
        datasource=_SOURCE,
        grid_pos=grid,
        targets=[
            ClickHouseQuery(ref_id, grafana_sql(sql), drawing.format, drawing.query_type)
            for ref_id, sql in zip("AB", queries, strict=False)
        ],
        max_data_points=drawing.points,
        options=dict(drawing.options),
        field_config=_field_config(panel, dict(drawing.custom)),
    )


# --- fields: units, colours, links --------------------------------------------------------------------------------


def _field_config(panel: Panel, custom: dict[str, Any]) -> models.FieldConfigSource:
    by_column: dict[str, list[models.DynamicConfigValue]] = {}
    for column, unit in panel.units.items():
        by_column.setdefault(column, []).append(models.DynamicConfigValue("unit", unit))
    for link in panel.links:
        by_column.setdefault(link.column, []).append(models.DynamicConfigValue("links", list(_links(link))))
    for column, color in _ARCS.items() if panel.kind == "nodegraph" else ():
        fixed = models.FieldColor(mode=models.FieldColorModeId.FIXED, fixed_color=color)
        by_column.setdefault(column, []).append(models.DynamicConfigValue("color", fixed))
    return models.FieldConfigSource(
        defaults=models.FieldConfig(
            unit=panel.unit,
            display_name=f"${{__field.labels.{panel.by}}}" if panel.by else None,
            thresholds=_thresholds(panel),
            color=models.FieldColor(mode=_color_mode(panel)),
            custom=custom,
        ),
        overrides=[
            models.DashboardFieldConfigSourceOverrides(
                matcher=models.MatcherConfig(id_val="byName", options=column), properties=properties
            )
            for column, properties in by_column.items()
        ],
    )


def _thresholds(panel: Panel) -> models.ThresholdsConfig:
    base = models.Threshold(value=None, color="green" if panel.thresholds else "text")
    steps = [models.Threshold(value=t.value, color=_COLORS[t.level]) for t in panel.thresholds]
    return models.ThresholdsConfig(mode=models.ThresholdsMode.ABSOLUTE, steps=[base, *steps])


def _color_mode(panel: Panel) -> models.FieldColorModeId:
    if panel.kind == "stat" or (panel.kind == "timeseries" and panel.thresholds and not panel.by):
        return models.FieldColorModeId.THRESHOLDS
    return models.FieldColorModeId.PALETTE_CLASSIC


def _links(link: Link) -> Iterator[dict[str, Any]]:
    """A value's way to Grafana's board, and to Telltale's own page."""
    kept = "${datasource:queryparam}&${project:queryparam}&${telltale_url:queryparam}"
    board = f"/d/{link.board}?var-{link.variable}=${{__value.raw}}&{kept}&${{__url_time_range}}"
    page = "${telltale_url}" + link.page.format(value="${__value.raw}")
    yield {"title": "Open in Grafana", "url": board, "targetBlank": False}
    yield {"title": "Open in Telltale", "url": page, "targetBlank": True}


# --- variables ----------------------------------------------------------------------------------------------------


def _variables(board: Board, telltale_url: str) -> Iterator[models.VariableModel]:
    source = _variable("datasource", "Data source", models.VariableType.DATASOURCE, query=PLUGIN)
    source.current = models.VariableOption(text=SOURCE_NAME, value=SOURCE_UID, selected=True)
    yield source
    for variable in board.variables:
        yield _query(variable) if variable.sql else _text(variable.name, variable.label, variable.default)
    yield _text("telltale_url", "Telltale's address", telltale_url)


def _query(variable: Variable) -> models.VariableModel:
    sql = grafana_sql(variable.sql)
    first = models.VariableOption(text="All", value="$__all") if variable.many else _option(variable.default)
    query: dict[str, object] = {"refId": variable.name, "editorType": "sql", "queryType": "sql", "rawSql": sql}
    model = _variable(variable.name, variable.label, models.VariableType.QUERY, query=query)
    model.description = variable.description
    model.definition = sql
    model.datasource = _SOURCE
    model.multi = model.include_all = variable.many
    model.current = first
    model.refresh = models.VariableRefresh.ON_TIME_RANGE_CHANGED
    return model


def _text(name: str, label: str, default: str) -> models.VariableModel:
    model = _variable(name, label, models.VariableType.TEXTBOX, query=default)
    model.current = _option(default)
    model.options = [_option(default)]
    return model


def _option(value: str) -> models.VariableOption:
    return models.VariableOption(text=value, value=value, selected=True)


def _variable(name: str, label: str, kind: models.VariableType, query: str | dict[str, object]) -> models.VariableModel:
    """A variable without the settings of interval variables, which the SDK gives to all and Grafana 13 refuses."""
    return models.VariableModel(
        type_val=kind, name=name, label=label, query=query, auto=None, auto_min=None, auto_count=None
    )


def _other_boards() -> models.DashboardLink:
    return BoardLink(
        title="Telltale",
        type_val=models.DashboardLinkType.DASHBOARDS,
        icon="external link",
        tags=[TAG],
        as_dropdown=True,
        include_vars=True,
        keep_time=True,
    )
