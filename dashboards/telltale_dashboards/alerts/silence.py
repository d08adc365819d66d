"""Services that always speak and no longer do."""

from __future__ import annotations

from telltale_dashboards.rule import Group, Rule, Shows
from telltale_dashboards.rule_fragments import DAY, MINUTE, SPANS, TO, labelled

_NEWEST = f"max(least(end_time, {TO}))"

GROUP = Group(
    name="silence",
    title="Silence",
    description="Services that stopped sending.",
    rules=(
        Rule(
            uid="silent-service",
            title="A service went silent",
            severity="page",
            description="A service that sends spans around the clock has sent none for a quarter of an hour. It is "
            "down, its exporter cannot reach the collector, or a release lost its instrumentation.",
            # around the clock: in 22 of the day's 24 hours, over two days; others are silent every night
            sql=labelled(
                {"service": "service"},
                f"dateDiff('second', {_NEWEST}, {TO})",
                SPANS,
                "count() >= 200 AND uniqExact(toHour(start_time)) >= 22",
            ),
            unit="s",
            window_s=2 * DAY,
            threshold=900,
            for_s=5 * MINUTE,
            no_data="keep_last",
            shows=Shows("telltale-health", "Spans received per second by service"),
        ),
    ),
)
