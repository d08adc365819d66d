"""Is it still running? What the last sign of a process says of the spans that have not ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from telltale_collector.web import format as formats

if TYPE_CHECKING:
    from telltale_collector.model import TimeNs

_S: Final = 1_000_000_000
_LONGEST_GAP_NS: Final = 300 * _S
_LEEWAY_NS: Final = 60 * _S


class Life(NamedTuple):
    """What is said of a trace with open spans, and whether their process has fallen silent."""

    words: str
    is_silent: bool


def life(start: TimeNs, last_sign: TimeNs, now_ns: TimeNs) -> Life:
    """Running or silent.

    The SDK tells of an open span at growing distances, each as long as the span is old, at most five minutes; silence
    is twice that and the time of a slow delivery.

    Args:
        start: when it began.
        last_sign: when its process was last heard of.
        now_ns: the clock.
    """
    gap = min(max(last_sign - start, 0), _LONGEST_GAP_NS)
    if now_ns - last_sign > 2 * gap + _LEEWAY_NS:
        return Life(f"no sign of life since {formats.exact_time(last_sign)}", is_silent=True)
    return Life(f"running for {formats.duration(max(now_ns - start, 0))}", is_silent=False)
