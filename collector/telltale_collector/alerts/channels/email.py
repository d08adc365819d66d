"""Mail, plain and simple HTML, over the operator's server. Addresses with commas between them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape

from telltale_collector.alerts.channels import Channel, Sent, Ways
from telltale_collector.alerts.channels.slack import headline
from telltale_collector.alerts.due import Notice, Pace
from telltale_collector.alerts.outbound import DeliveryError
from telltale_collector.errors import BadRequest
from telltale_collector.model import AlertMessage
from telltale_collector.store.times import write_time

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")
_MOST_ADDRESSES = 20
_MOST_SUBJECT = 200
_LINKS = {"board_url": "Board", "traces_url": "Traces", "trace_url": "Worst trace", "runbook_url": "Runbook"}


def check(address: str, ways: Ways) -> None:
    """Refuse what are no addresses of mail.

    Raises:
        BadRequest: with the reason.
    """
    if ways.mail is None:
        raise BadRequest("there is no mail server", "start the collector with --smtp-url and --smtp-from")
    found = addresses(address)
    if not 0 < len(found) <= _MOST_ADDRESSES or not all(_ADDRESS.fullmatch(each) for each in found):
        raise BadRequest(
            "these are no addresses of mail", f"give at most {_MOST_ADDRESSES}, with commas between them: a@example.com"
        )


def addresses(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def send(notice: Notice, ways: Ways) -> Sent:
    """Hand it to the mail server. ``Message-ID`` is the same whenever the same message is sent again."""
    if ways.mail is None:
        raise DeliveryError("there is no mail server: start the collector with --smtp-url", is_permanent=True)
    to = addresses(notice.receiver.address)
    return Sent(ways.mail.send(composed(notice, ways.mail.sender, to), to))


def composed(notice: Notice, sender: str, to: Iterable[str]) -> EmailMessage:
    """The message."""
    mail = EmailMessage()
    mail["Subject"] = _line(headline(notice))[:_MOST_SUBJECT]
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    mail["Date"] = format_datetime(datetime.fromtimestamp(notice.at_ns // 1_000_000_000, UTC))
    mail["Message-ID"] = f"<{notice.key}@{sender.rpartition('@')[2].rstrip('>') or 'telltale'}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n\n".join(_plain(message) for message in notice.messages) + "\n")
    mail.add_alternative(f"<html><body>{''.join(_html(each) for each in notice.messages)}</body></html>", "html")
    return mail


def _plain(message: AlertMessage) -> str:
    lines = [_title(message), *_texts(message), *(f"{name}: {value}" for name, value in _facts(message))]
    lines += [f"{word}: {address}" for word, address in _links(message)]
    return "\n".join(_readable(line) for line in lines)


def _html(message: AlertMessage) -> str:
    facts = "".join(f"<tr><td>{_escaped(name)}</td><td>{_escaped(value)}</td></tr>" for name, value in _facts(message))
    links = " · ".join(f'<a href="{_escaped(address)}">{word}</a>' for word, address in _links(message))
    texts = "".join(f"<p>{_escaped(text)}</p>" for text in _texts(message))
    return f"<h3>{_escaped(_title(message))}</h3>{texts}<table>{facts}</table><p>{links}</p>"


def _title(message: AlertMessage) -> str:
    return f"{message.status.upper()}: {message.annotations.get('summary') or message.labels.get('alertname', 'alert')}"


def _texts(message: AlertMessage) -> list[str]:
    return [message.annotations[name] for name in ("description", "why") if message.annotations.get(name)]


def _facts(message: AlertMessage) -> list[tuple[str, str]]:
    said = message.annotations
    facts = [(name, said[name]) for name in ("value", "threshold") if said.get(name)]
    facts += [("started", write_time(message.starts_at_ns))]
    facts += [("ended", write_time(message.ends_at_ns))] if message.ends_at_ns is not None else []
    return facts + sorted(message.labels.items())


def _links(message: AlertMessage) -> list[tuple[str, str]]:
    named = [(word, message.annotations.get(name, "")) for name, word in _LINKS.items()]
    return [
        (word, address)
        for word, address in [("Alert", message.generator_url), *named]
        if address.startswith(("http://", "https://"))
    ]


def _line(text: str) -> str:
    """On one line, and of characters that can be sent."""
    return " ".join(_readable(text).split())


def _readable(text: str) -> str:
    return "".join(each for each in text.encode("utf-8", "replace").decode() if each.isprintable() or each == "\n")


def _escaped(text: str) -> str:
    return escape(_readable(text))


CHANNEL = Channel(kind="email", check=check, show=str, send=send, pace=Pace(most=50))
