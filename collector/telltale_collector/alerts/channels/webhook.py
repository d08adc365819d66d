"""Any HTTP endpoint: the JSON that Alertmanager's webhooks have, version 4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import orjson

from telltale_collector.alerts.channels import Channel, Sent, Ways
from telltale_collector.alerts.channels._times import written
from telltale_collector.alerts.channels._urls import check_url, without_secret
from telltale_collector.alerts.due import Notice
from telltale_collector.model import AlertMessage


def send(notice: Notice, ways: Ways) -> Sent:
    """POST it. ``Idempotency-Key`` is the same whenever the same message is sent again."""
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": notice.key,
        "User-Agent": "telltale",
    }
    receiver = notice.receiver
    answer = ways.outbound.post(receiver.address, orjson.dumps(body(notice)), headers, is_trusted=receiver.is_built_in)
    return Sent(f"{answer.status} {answer.said}".strip())


def body(notice: Notice) -> dict[str, Any]:
    """The JSON of a message."""
    return {
        "version": "4",
        "groupKey": notice.group_key,
        "truncatedAlerts": 0,
        "status": notice.status,
        "receiver": notice.receiver.name,
        "groupLabels": dict(notice.group),
        "commonLabels": _shared([message.labels for message in notice.messages]),
        "commonAnnotations": _shared([message.annotations for message in notice.messages]),
        "externalURL": _site(notice.messages[0].generator_url),
        "alerts": [_alert(message) for message in notice.messages],
    }


def _alert(message: AlertMessage) -> dict[str, Any]:
    return {
        "status": message.status,
        "labels": dict(message.labels),
        "annotations": dict(message.annotations),
        "startsAt": written(message.starts_at_ns),
        "endsAt": written(message.ends_at_ns),
        "generatorURL": message.generator_url,
        "fingerprint": message.fingerprint,
    }


def _shared(maps: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """What all of them have."""
    first, *others = maps
    return {key: value for key, value in first.items() if all(each.get(key) == value for each in others)}


def _site(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


CHANNEL = Channel(kind="webhook", check=check_url, show=without_secret, send=send)
