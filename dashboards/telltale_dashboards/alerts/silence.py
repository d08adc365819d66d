"""Services that always speak and no longer do."""

from __future__ import annotations

from telltale_dashboards.rule import Group, Rule, Shows
from telltale_dashboards.rule_fragments import DAY, SPANS, TO, labelled

_HOURS = "bitCount(groupBitOr(bitShiftLeft(toUInt32(1), toHour(start_time))))"
_NEWEST = f"max(least(end_time, {TO}))"

GROUP = Group(
    name="silence",
    title="Silence",
    description="Services that stopped sending.",
    interval_s=300,
    rules=(
        Rule(
            uid="silent-service",
            title="A service went silent",
            severity="page",
            description="A service that sends spans around the clock has sent none for a quarter of an hour. It is "
            "down, its exporter cannot reach the collector, or a release lost its instrumentation.",
            checks=(
                "Is it up? Its own health check first.",
                "Its log: does the exporter complain? Can it reach the collector?",
                "A release: is `telltale.init()` still called, the endpoint still right?",
            ),
            quiet="A service that was switched off is forgotten within two days, which ends the alert, also where it "
            "was the only one. Services that sleep at night are not looked at.",
            # around the clock: in 22 of the day's 24 hours, over two days; others are silent every night
            sql=labelled(
                {"service": "service"},
                f"dateDiff('second', {_NEWEST}, {TO})",
                SPANS,
                f"count() >= 200 AND {_HOURS} >= 22",
            ),
            unit="s",
            window_s=2 * DAY,
            threshold=900,
            shows=Shows("telltale-health", "Spans received per second by service"),
        ),
    ),
)
