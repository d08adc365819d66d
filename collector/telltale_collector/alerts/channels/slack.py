"""Slack's incoming webhooks, and what takes the same JSON (Mattermost, Rocket.Chat, Discord's /slack)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import orjson

from telltale_collector.alerts.channels import Channel, Sent, Ways
from telltale_collector.alerts.channels._urls import check_url, without_secret
from telltale_collector.alerts.due import Notice, Pace
from telltale_collector.model import AlertMessage

_MOST_TEXT = 2900
"""Slack takes 3000 characters in the text of a block; escaping is done before cutting."""

_MOST_FALLBACK = 300
_MOST_WORDS = 200
_COLORS = {"page": "#d32f2f", "ticket": "#f9a825"}
_OVER = "#2e7d32"
_OTHER = "#607d8b"
_LINKS = {"board_url": "board", "traces_url": "traces", "trace_url": "worst trace", "runbook_url": "runbook"}


def send(notice: Notice, ways: Ways) -> Sent:
    """POST it."""
    receiver = notice.receiver
    headers = {"Content-Type": "application/json", "Idempotency-Key": notice.key, "User-Agent": "telltale"}
    answer = ways.outbound.post(receiver.address, orjson.dumps(body(notice)), headers, is_trusted=receiver.is_built_in)
    return Sent(f"{answer.status} {answer.said}".strip())


def body(notice: Notice) -> dict[str, Any]:
    """The JSON of a message: a line for notifications, and an attachment with its colour for each alert."""
    return {
        "text": _cut(_escaped(headline(notice)), _MOST_FALLBACK),
        "attachments": [_attachment(message) for message in notice.messages],
    }


def headline(notice: Notice) -> str:
    """What it is about, in a line."""
    firing = sum(message.status == "firing" for message in notice.messages)
    over = len(notice.messages) - firing
    counts = [f"{count} {word}" for count, word in ((firing, "firing"), (over, "resolved")) if count]
    return f"[{', '.join(counts)}] {notice.group['alertname']} ({notice.group['project']})"


def _attachment(message: AlertMessage) -> dict[str, Any]:
    said = message.annotations
    title = said.get("summary") or message.labels.get("alertname", "alert")
    lines = [f"*{_link(message.generator_url, f'{message.status.upper()}: {title}')}*"]
    lines += [_escaped(said[name]) for name in ("description", "why") if said.get(name)]
    blocks = [_section("\n".join(lines)), *_context(_facts(message)), *_context(_links(message))]
    return {
        "color": _OVER if message.status == "resolved" else _COLORS.get(message.labels.get("severity", ""), _OTHER),
        "fallback": _cut(_escaped(title), _MOST_FALLBACK),
        "blocks": blocks,
    }


def _facts(message: AlertMessage) -> Iterable[str]:
    said = message.annotations
    if value := said.get("value"):
        yield _escaped(f"value {value}" + (f", threshold {said['threshold']}" if said.get("threshold") else ""))
    known = {"alertname", "rule", "project"}
    yield from (_escaped(f"{name}: {value}") for name, value in sorted(message.labels.items()) if name not in known)


def _links(message: AlertMessage) -> Iterable[str]:
    return (_link(message.annotations[name], word) for name, word in _LINKS.items() if message.annotations.get(name))


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _text(text)}


def _context(texts: Iterable[str]) -> list[dict[str, Any]]:
    text = "  ·  ".join(texts)
    return [{"type": "context", "elements": [_text(text)]}] if text else []


def _text(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": _cut(text, _MOST_TEXT), "verbatim": True}


def _link(address: str, words: str) -> str:
    """A link; a long one, which a cut would break, is left out and its words stay."""
    words = _escaped(" ".join(words[:_MOST_WORDS].split()))
    if not address.startswith(("http://", "https://")) or len(address) > 500:
        return words
    return f"<{_escaped(quote(address, safe='/:?&=#%+,;@!~*()[]$-._'))}|{words}>"


def _escaped(text: str) -> str:
    """Slack's three characters: nothing in a text can become a link, or call a whole channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, most: int) -> str:
    """At most so long, and never within an escaped character."""
    if len(text) <= most:
        return text
    kept = text[: most - 1]
    ampersand = kept.rfind("&", most - 6)
    return (kept[:ampersand] if ampersand >= 0 and ";" not in kept[ampersand:] else kept) + "…"


CHANNEL = Channel(kind="slack", check=check_url, show=without_secret, send=send, pace=Pace(most=20))
