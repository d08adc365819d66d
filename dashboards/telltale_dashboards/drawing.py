"""How each kind of panel is drawn by Grafana: its plugin, the data source's format, its options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from telltale_dashboards.panel import Kind, Panel

_TABLE_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Drawing:
    """What Grafana needs to know of a kind.

    Attributes:
        plugin: the panel's type.
        format: what the data source makes of rows: 0 series, 1 a table, 3 a trace.
        query_type: the same in Explore's words.
        options: of the panel.
        custom: of its fields.
        points: how many points of time at most; None for what has no time axis.
    """

    plugin: str
    options: Mapping[str, Any]
    custom: Mapping[str, Any]
    format: int = _TABLE_FORMAT
    query_type: str = "table"
    points: int | None = None


_ONE_VALUE = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_EACH_ROW = {"calcs": ["lastNotNull"], "fields": "", "values": True}

_LINES: dict[str, Any] = {
    "drawStyle": "line",
    "lineInterpolation": "linear",
    "lineWidth": 1,
    "fillOpacity": 8,
    "showPoints": "auto",
    "spanNulls": False,
    "stacking": {"mode": "none", "group": "A"},
    "thresholdsStyle": {"mode": "off"},
}
_BARS = _LINES | {"drawStyle": "bars", "fillOpacity": 70, "stacking": {"mode": "normal", "group": "A"}}
_DASHED = {"thresholdsStyle": {"mode": "dashed"}}

_DRAWINGS: dict[Kind, Drawing] = {
    "timeseries": Drawing(
        "timeseries",
        {
            "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        _LINES,
        format=0,
        query_type="timeseries",
        points=120,
    ),
    "stat": Drawing(
        "stat",
        {
            "colorMode": "value",
            "graphMode": "none",
            "justifyMode": "auto",
            "orientation": "auto",
            "reduceOptions": _ONE_VALUE,
            "textMode": "auto",
            "wideLayout": True,
        },
        {},
    ),
    "table": Drawing(
        "table",
        {"cellHeight": "sm", "showHeader": True},
        {"align": "auto", "cellOptions": {"type": "auto"}, "filterable": True, "inspect": True},
    ),
    "bar": Drawing(
        "bargauge",
        {
            "displayMode": "basic",
            "orientation": "horizontal",
            "reduceOptions": _EACH_ROW,
            "showUnfilled": True,
            "valueMode": "color",
        },
        {},
    ),
    "heatmap": Drawing(
        "heatmap",
        {
            "calculate": False,
            "cellGap": 1,
            "color": {
                "exponent": 0.5,
                "fill": "dark-orange",
                "mode": "scheme",
                "reverse": False,
                "scheme": "Oranges",
                "steps": 64,
            },
            "exemplars": {"color": "rgba(255,0,255,0.7)"},
            "filterValues": {"le": 1e-9},
            "legend": {"show": True},
            "rowsFrame": {"layout": "le"},
            "showValue": "never",
            "tooltip": {"mode": "single", "showColorScale": False, "yHistogram": False},
            "yAxis": {"axisPlacement": "left", "reverse": False},
        },
        {},
        format=0,
        query_type="timeseries",
        points=60,
    ),
    "traces": Drawing("traces", {}, {}, format=3, query_type="traces"),
    "nodegraph": Drawing("nodeGraph", {}, {}),
}


def drawing_of(panel: Panel) -> Drawing:
    """How this panel is drawn."""
    kind = _DRAWINGS[panel.kind]
    custom = dict(_BARS if panel.stacked else kind.custom)
    if panel.kind == "timeseries" and panel.thresholds:
        custom |= _DASHED
    return replace(kind, custom=custom)
