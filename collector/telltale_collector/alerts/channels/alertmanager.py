"""Prometheus Alertmanager, API v2: it is told states, again and again, and does grouping and repeating itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from telltale_collector.alerts.channels import Channel, Sent, Ways
from telltale_collector.alerts.channels._times import written
from telltale_collector.alerts.channels._urls import check_url, without_secret
from telltale_collector.alerts.due import Notice, Pace, occurrence
from telltale_collector.alerts.outbound import DeliveryError
from telltale_collector.model import AlertMessage, TimeNs

_PATH = "/api/v2/alerts"
_MS_NS = 1_000_000
_HORIZON_NS: TimeNs = 4 * 60 * 1_000_000_000
"""What is not said again within four minutes is over: four times the pace, as Prometheus has it."""

_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_]")


def send(notice: Notice, ways: Ways) -> Sent:
    """POST all alerts at once; where that is refused, one by one, so that a bad one costs only itself."""
    try:
        return Sent(_post(notice, notice.messages, ways))
    except DeliveryError as error:
        if not error.is_permanent or len(notice.messages) == 1:
            raise
        return _one_by_one(notice, ways, error)


def _one_by_one(notice: Notice, ways: Ways, refused_all: DeliveryError) -> Sent:
    refused = set()
    said = refused_all.message
    for message in notice.messages:
        try:
            _post(notice, [message], ways)
        except DeliveryError as error:
            if not error.is_permanent:
                raise
            said = error.message
            refused.add(occurrence(message))
    if len(refused) == len(notice.messages):
        raise refused_all
    return Sent(said, frozenset(refused))


def _post(notice: Notice, messages: Sequence[AlertMessage], ways: Ways) -> str:
    receiver = notice.receiver
    body = orjson.dumps([alert(message, notice.at_ns) for message in messages])
    headers = {"Content-Type": "application/json", "User-Agent": "telltale"}
    answer = ways.outbound.post(endpoint(receiver.address), body, headers, is_trusted=receiver.is_built_in)
    return f"{answer.status} {answer.said}".strip()


def endpoint(address: str) -> str:
    """Where alerts are posted, of Alertmanager's own address (which may have a path before)."""
    address = address.rstrip("/")
    return address if address.endswith(_PATH) else address + _PATH


def alert(message: AlertMessage, now_ns: TimeNs) -> dict[str, Any]:
    """The JSON of an alert: an end never lies before the beginning, and one that is over ends now at the latest."""
    if message.ends_at_ns is None:
        ends_at_ns = now_ns + _HORIZON_NS
    else:
        ends_at_ns = max(min(message.ends_at_ns, now_ns), message.starts_at_ns + _MS_NS)
    return {
        "labels": named(message.labels),
        "annotations": named(message.annotations),
        "startsAt": written(message.starts_at_ns),
        "endsAt": written(ends_at_ns),
        "generatorURL": message.generator_url,
    }


def named(texts: Mapping[str, str]) -> dict[str, str]:
    """Texts under names that every Alertmanager takes; of two names that become one the unchanged one keeps it."""
    found: dict[str, str] = {}
    for name in sorted(texts, key=lambda name: (_name(name) != name, name)):
        if texts[name]:
            found.setdefault(_free(_name(name), found), texts[name])
    return found


def _name(name: str) -> str:
    allowed = _NOT_IN_NAMES.sub("_", name)
    return f"_{allowed}" if not allowed or allowed[0].isdigit() else allowed


def _free(name: str, taken: Mapping[str, str]) -> str:
    while name in taken:
        name += "_"
    return name


CHANNEL = Channel(
    kind="alertmanager", check=check_url, show=without_secret, send=send, pace=Pace(most=500, resend_s=60)
)
