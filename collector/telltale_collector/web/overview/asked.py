"""Which period the overview shows: it is in the address, and decides how wide the steps of the small charts are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from telltale_collector.errors import BadRequest
from telltale_collector.store.overview import Periods
from telltale_collector.web import urls
from telltale_collector.web.chart import Frame, frame
from telltale_collector.web.query import Range
from telltale_collector.web.ranges import USUAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from telltale_collector.model import TimeNs

_MINUTE_NS: Final = 60_000_000_000
_HOUR_NS: Final = 60 * _MINUTE_NS


@dataclass(frozen=True, slots=True)
class _Choice:
    """A range to choose. ``words`` end a sentence that begins with "the last"; ``interval`` is a step of usage."""

    label: str
    words: str
    width_ns: int
    step_s: int
    interval: str


_CHOICES: Final = {
    "now-1h": _Choice("1h", "hour", _HOUR_NS, 120, "2m"),
    USUAL: _Choice("24h", "24 hours", 24 * _HOUR_NS, 3600, "1h"),
    "now-7d": _Choice("7d", "7 days", 7 * 24 * _HOUR_NS, 21_600, "6h"),
    "now-30d": _Choice("30d", "30 days", 30 * 24 * _HOUR_NS, 86_400, "1d"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The chosen period.

    Attributes:
        since: as the address says it; the trace list takes the same.
        words: ``24 hours``.
        frame: the steps of the small charts: whole ones, so the first may begin a little before the period.
        interval: the width of a step, as usage takes it.
    """

    since: str
    words: str
    periods: Periods
    frame: Frame
    interval: str
    ranges: list[Range]


def read_asked(params: Mapping[str, str], now_ns: TimeNs) -> Asked:
    """The period that the address asks for.

    Raises:
        BadRequest: it is none of those to choose from.
    """
    since = params.get("from", "").strip() or USUAL
    if since not in _CHOICES:
        raise BadRequest(f"the overview has no range {since[:60]!r}", f"it takes from={', '.join(_CHOICES)}")
    chosen = _CHOICES[since]
    from_time = now_ns - chosen.width_ns
    return Asked(
        since=since,
        words=chosen.words,
        periods=Periods(from_time - chosen.width_ns, from_time, now_ns + 1),
        frame=frame(from_time, now_ns + 1, chosen.step_s, now_ns),
        interval=chosen.interval,
        ranges=[Range(each.label, _url(value), value == since) for value, each in _CHOICES.items()],
    )


def _url(since: str) -> str:
    return urls.overview({} if since == USUAL else {"from": since})
