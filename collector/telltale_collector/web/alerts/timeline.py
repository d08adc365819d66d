"""When alerts fired: a row for each, with a bar for each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from telltale_collector.web import format as formats
from telltale_collector.web.alerts.shown import lasting

if TYPE_CHECKING:
    from telltale_collector.alerts.views import AlertView
    from telltale_collector.model import TimeNs

WIDTH: Final = 1000
_NS: Final = 1_000_000_000
_NARROWEST: Final = 3
_MOST: Final = 60
_TICKS: Final = 6
_STEPS_S: Final = (300, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86_400, 2 * 86_400, 7 * 86_400)
_TONES: Final = {"page": "is-error", "ticket": "is-warning"}


@dataclass(frozen=True, slots=True)
class Bar:
    """One time that an alert fired; ``x`` and ``width`` are of ``WIDTH``."""

    x: int
    width: int
    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One alert over time."""

    title: str
    about: str
    url: str
    bars: list[Bar]
    text: str


@dataclass(frozen=True, slots=True)
class Tick:
    x: int
    text: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """Rows, the alert that fired last first; ``hidden`` is how many more there are."""

    rows: list[Row]
    ticks: list[Tick]
    hidden: int


def timeline(views: Sequence[AlertView], from_ns: TimeNs, to_ns: TimeNs, rule_url: str) -> Timeline:
    """Lay out alerts, the newest first, over a time range.

    Args:
        views: each time that an alert fired.
        from_ns: the left edge.
        to_ns: the right edge; what still fires reaches it.
        rule_url: the address of a rule's page, ``{}`` standing for its uid.
    """
    by_alert: dict[str, list[AlertView]] = {}
    for view in views:
        by_alert.setdefault(view.fingerprint, []).append(view)
    rows = [_row(times, from_ns, to_ns, rule_url) for times in by_alert.values()]
    return Timeline(rows[:_MOST], ticks(from_ns, to_ns), max(0, len(rows) - _MOST))


def ticks(from_ns: TimeNs, to_ns: TimeNs) -> list[Tick]:
    """Round moments between the edges, about six of them."""
    span_s = max(1, (to_ns - from_ns) // _NS)
    step_ns = next((step for step in _STEPS_S if span_s / step <= _TICKS), span_s // _TICKS + 1) * _NS
    first = (from_ns // step_ns + 1) * step_ns
    return [Tick(_x(at, from_ns, to_ns), formats.clock(at, to_ns)) for at in range(first, to_ns, step_ns)]


def _row(times: Sequence[AlertView], from_ns: TimeNs, to_ns: TimeNs, rule_url: str) -> Row:
    newest = times[0]
    about = ", ".join(text for text in newest.labels.values() if text)
    bars = [_bar(view, from_ns, to_ns) for view in reversed(times)]
    text = f"fired {len(times)} times" if len(times) > 1 else bars[0].text
    return Row(newest.title, about, rule_url.format(newest.rule), bars, text)


def _bar(view: AlertView, from_ns: TimeNs, to_ns: TimeNs) -> Bar:
    begins = view.starts_at_ns or view.active_at_ns
    ends = view.ends_at_ns if view.ends_at_ns is not None else to_ns
    x = min(_x(begins, from_ns, to_ns), WIDTH - _NARROWEST)
    width = max(_x(ends, from_ns, to_ns) - x, _NARROWEST)
    lasted = lasting(ends - begins)
    still = " so far" if view.ends_at_ns is None else ""
    tone = _TONES.get(view.severity, "")
    return Bar(x, width, tone, f"{formats.exact_time(begins)[:16]} UTC, {lasted}{still}")


def _x(at: TimeNs, from_ns: TimeNs, to_ns: TimeNs) -> int:
    return min(max(round((at - from_ns) * WIDTH / max(1, to_ns - from_ns)), 0), WIDTH)
