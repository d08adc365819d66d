"""From parcels to the collector: joined into requests, split where they are too large, counted where they are lost."""

from __future__ import annotations

import gzip
import json
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from telltale._parcel import REPORTS, packed, unpacked
from telltale._safely import log, safely
from telltale._transport import JSON, Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from telltale._backlog import Source
    from telltale._lane import Lane
    from telltale._outage import Outage
    from telltale._parcel import Parcel
    from telltale._transport import Transport

_REQUEST_ITEMS: Final = 2048
_REQUEST_BYTES: Final = 8 * 1024 * 1024
_REPORT_EVERY_S: Final = 5.0
_MOST_MESSAGES: Final = 100
_DONE: Final = Answer("stored")


class Sender:
    """Empties a source into the collector.

    Args:
        lanes: by the numbers that parcels bear.
        transport: does the requests.
        outage: hears how they went.
        report_url: takes counts of what was given up; None when the collector has no such place.

    Attributes:
        deadline: when the process has to end, on the monotonic clock; None while it lives.
    """

    def __init__(self, lanes: Sequence[Lane], transport: Transport, outage: Outage, report_url: str | None) -> None:
        self._lanes = lanes
        self._transport = transport
        self._outage = outage
        self._report_url = report_url
        self._told: set[str] = set()
        self.reset()

    def reset(self) -> None:
        """For a forked child."""
        self.deadline: float | None = None
        self._next_report = 0.0

    def drain(self, source: Source, until: float | None = None) -> bool:
        """Send what is there, until a moment on the monotonic clock. False when the collector does not take it."""
        while parcels := source.head(_REQUEST_ITEMS, _REQUEST_BYTES):
            lost: Counter[str] = Counter()
            answer = self._deliver(parcels, lost)
            if answer.outcome == "later":
                source.put_back()
                return False
            # Only now: what has to be sent again will be counted again.
            for reason, count in lost.items():
                self._lane(parcels[0]).outbox.lose(reason, count)
            source.done(parcels)
            if until is not None and time.monotonic() >= until:
                break
        return True

    def report(self) -> None:
        """Tell the collector what was given up, now and then."""
        if self._report_url is None or time.monotonic() < self._next_report:
            return
        self._next_report = time.monotonic() + _REPORT_EVERY_S
        for lane in self._lanes:
            if missing := lane.unreported():
                answer = self._posted_report(report_body(lane.signal, missing))
                if answer.outcome == "stored":
                    lane.reported.update(missing)

    def _lane(self, parcel: Parcel) -> Lane:
        return self._lanes[parcel.lane if parcel.lane < len(self._lanes) else 0]

    def _deliver(self, parcels: list[Parcel], lost: Counter[str]) -> Answer:
        """One request, or several where it is too large. ``lost`` takes what is to be given up."""
        if parcels[0].lane == REPORTS:
            return self._deliver_report(parcels[0])
        lane = self._lane(parcels[0])
        items = sum(parcel.items for parcel in parcels)
        answer = self._posted(lane, b"".join(parcel.body for parcel in parcels), lost)
        if answer.outcome != "too_large":
            if answer.outcome == "refused":
                lost[answer.reason] += items
            return answer
        halves = _halves(lane, parcels)
        if halves is None:
            log.warning("one of the %s is too large for the collector and lost; %s", lane.what, answer.message)
            lost[answer.reason] += items
            return _DONE
        for half in halves:
            answer = self._deliver(half, lost)
            if answer.outcome == "later":
                break
        return answer

    def _posted(self, lane: Lane, body: bytes, lost: Counter[str]) -> Answer:
        answer = self._transport.post(lane.url, body, self._remaining_s())
        if answer.outcome == "stored":
            partial = lane.wire.read(answer.body)
            if partial is not None:
                lost["rejected"] += partial.rejected
                self._tell(lane, partial)
                self._outage.succeeded()
                return answer
            answer = Answer("later", "bad_reply", "the reply is not OTLP: this is no OTLP collector")
        if answer.outcome != "too_large":
            self._outage.failed(answer, is_ending=self.deadline is not None)
        return answer

    def _deliver_report(self, parcel: Parcel) -> Answer:
        """A report that another process could not send. Where it is not wanted it is of no use to anybody."""
        if self._report_url is None:
            return _DONE
        answer = self._posted_report(unpacked(parcel))
        return answer if answer.outcome == "later" else _DONE

    def _posted_report(self, body: bytes) -> Answer:
        assert self._report_url is not None
        answer = self._transport.post(self._report_url, body, self._remaining_s(), JSON)
        if answer.outcome not in {"stored", "later"}:
            self._report_url = None
        return answer

    def _tell(self, lane: Lane, partial: Any) -> None:
        if partial.message and partial.message not in self._told and len(self._told) < _MOST_MESSAGES:
            self._told.add(partial.message)
            log.warning("the collector rejected %d %s: %s", partial.rejected, lane.what, partial.message)

    def _remaining_s(self) -> float | None:
        return None if self.deadline is None else self.deadline - time.monotonic()


def report_body(signal: str, dropped: dict[str, int]) -> bytes:
    """What ``POST /api/v1/client-reports`` takes."""
    return json.dumps({"dropped": dropped, "signal": signal}).encode()


def _halves(lane: Lane, parcels: list[Parcel]) -> tuple[list[Parcel], list[Parcel]] | None:
    """The same in two; None for a single item."""
    if len(parcels) > 1:
        middle = len(parcels) // 2
        return parcels[:middle], parcels[middle:]
    halves = None
    with safely(f"split {lane.what}"):
        halves = lane.wire.halve(gzip.decompress(parcels[0].body))
    if halves is None:
        return None
    first, second = (packed(parcels[0].lane, items, body) for items, body in halves)
    return [first], [second]
