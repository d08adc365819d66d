"""Who is told of alerts, what is silenced, what somebody knows of, and what was said to whom."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, TypeAlias

import orjson

from telltale_collector.errors import BadRequest, NotFound
from telltale_collector.model import Acknowledgement, AlertMessage, Matcher, Receiver, Silence, TimeNs, Told
from telltale_collector.store.client import Client
from telltale_collector.store.reader import Reader

MOST = 100
"""Receivers of one project: each has a thread."""

_MOST_SILENCES = 10_000
_MOST_ACKNOWLEDGEMENTS = 100_000
_ALL = ""

Occurrence: TypeAlias = tuple[str, str, TimeNs]
"""Project, fingerprint and beginning of an alert: what is told once."""


class AlertDelivery:
    """Small tables, written through: what a method was given is on disk when it returns."""

    def __init__(self, client: Client, reader: Reader) -> None:
        self._client = client
        self._reader = reader
        self._changing = threading.Lock()

    # --- receivers
    def receivers(self, project: str = _ALL) -> list[Receiver]:
        """Of a project, or of all; those of settings are not among them."""
        rows = self._reader.run("alert_receivers", project=project, name="", limit=1_000_000)
        return [_receiver(row) for row in rows]

    def receiver(self, project: str, name: str) -> Receiver:
        """The receiver of that name.

        Raises:
            NotFound: there is none.
        """
        rows = self._reader.run("alert_receivers", project=project, name=name, limit=1)
        if not rows:
            raise NotFound(f"there is no receiver {name[:64]!r}", "GET /api/v1/alerts/receivers lists them")
        return _receiver(rows[0])

    def put_receiver(self, receiver: Receiver) -> None:
        """Make it, or replace the one of that name.

        Raises:
            BadRequest: there are too many already.
        """
        names = {known.name for known in self.receivers(receiver.project)}
        if receiver.name not in names and len(names) >= MOST:
            raise BadRequest(f"there are {MOST} receivers already", "DELETE one that is not needed any more")
        self._change_receiver(receiver, is_removed=False)

    def remove_receiver(self, project: str, name: str) -> None:
        """Forget one.

        Raises:
            NotFound: there is none.
        """
        self._change_receiver(self.receiver(project, name), is_removed=True)

    def _change_receiver(self, receiver: Receiver, *, is_removed: bool) -> None:
        with self._changing:
            at_ns = self._after("alert_receiver_changed", time.time_ns(), project=receiver.project, name=receiver.name)
            self._insert("alert_receivers", receiver_columns(receiver, at_ns, is_removed=is_removed))

    # --- silences
    def silences(self, project: str = _ALL, *, since_ns: TimeNs) -> list[Silence]:
        """Of a project or of all, those that end after a time; the newest first."""
        rows = self._reader.run("alert_silences", project=project, id="", from_time=since_ns, limit=_MOST_SILENCES)
        return [_silence(row) for row in rows]

    def put_silence(self, silence: Silence) -> None:
        self._change_silence(silence, is_removed=False)

    def remove_silence(self, project: str, silence_id: str) -> None:
        """End one now.

        Raises:
            NotFound: there is none.
        """
        rows = self._reader.run("alert_silences", project=project, id=silence_id, from_time=0, limit=1)
        if not rows:
            raise NotFound(f"there is no silence {silence_id[:64]!r}", "GET /api/v1/alerts/silences lists them")
        self._change_silence(_silence(rows[0]), is_removed=True)

    def _change_silence(self, silence: Silence, *, is_removed: bool) -> None:
        with self._changing:
            at_ns = self._after("alert_silence_changed", time.time_ns(), project=silence.project, id=silence.id)
            self._insert("alert_silences", silence_columns(silence, at_ns, is_removed=is_removed))

    # --- acknowledgements
    def acknowledgements(self, project: str = _ALL) -> list[Acknowledgement]:
        """The newest of each alert, of a project or of all."""
        rows = self._reader.run("alert_acknowledgements", project=project, limit=_MOST_ACKNOWLEDGEMENTS)
        return [_acknowledgement(row) for row in rows]

    def acknowledge(self, known: Acknowledgement) -> Acknowledgement:
        """Keep it, with a time after that of the one before."""
        about = {"project": known.project, "fingerprint": known.fingerprint}
        with self._changing:
            kept = replace(known, at_ns=self._after("alert_acknowledged", known.at_ns, **about))
            self._insert("alert_acknowledgements", acknowledgement_columns(kept))
        return kept

    # --- what was told
    def told(self, receiver: Receiver) -> dict[Occurrence, Told]:
        """The last word to a receiver about each occurrence of an alert, of the last 30 days."""
        rows = self._reader.run("alert_told", receiver=receiver.identity)
        return {
            (row["project"], row["fingerprint"], row["starts_at"]): Told(row["status"], row["told_at"]) for row in rows
        }

    def tell(self, receiver: Receiver, messages: Sequence[AlertMessage], at_ns: TimeNs) -> None:
        """Remember that a receiver took these messages."""
        fingerprints = sorted({message.fingerprint for message in messages})
        rows = self._reader.run("alert_told_last", receiver=receiver.identity, fingerprints=fingerprints)
        last = {(row["project"], row["fingerprint"], row["starts_at"]): row["last_at"] for row in rows}
        columns = told_columns(receiver, messages, at_ns)
        keys = zip(columns["project"], columns["fingerprint"], columns["starts_at"], strict=True)
        self._insert("alert_told", {**columns, "told_at": [max(at_ns, last.get(key, -1) + 1) for key in keys]})

    def _after(self, query: str, now_ns: TimeNs, **key: str) -> TimeNs:
        """Now, or after the row that it replaces: the newest holds, also where the clock was set back since."""
        (row,) = self._reader.run(query, **key)
        return int(max(now_ns, row["changed_at"] + 1))

    def _insert(self, table: str, columns: Mapping[str, Sequence[Any]]) -> None:
        self._client.insert(table, columns, f"{table}-{time.time_ns()}-{threading.get_ident()}")


def receiver_columns(receiver: Receiver, changed_at: TimeNs, *, is_removed: bool) -> dict[str, Sequence[Any]]:
    """Columns of the table ``alert_receivers``, with one row."""
    row = {
        "project": receiver.project,
        "name": receiver.name,
        "channel": receiver.channel,
        "address": receiver.address,
        "severities": list(receiver.severities),
        "matchers": _written(receiver.matchers),
        "repeat_s": receiver.repeat_s,
        "send_resolved": receiver.send_resolved,
        "is_removed": is_removed,
        "changed_at": changed_at,
    }
    return {name: [value] for name, value in row.items()}


def silence_columns(silence: Silence, changed_at: TimeNs, *, is_removed: bool) -> dict[str, Sequence[Any]]:
    """Columns of the table ``alert_silences``, with one row."""
    row = {
        "project": silence.project,
        "id": silence.id,
        "matchers": _written(silence.matchers),
        "starts_at": silence.starts_at_ns,
        "ends_at": silence.ends_at_ns,
        "created_by": silence.created_by,
        "comment": silence.comment,
        "is_removed": is_removed,
        "changed_at": changed_at,
    }
    return {name: [value] for name, value in row.items()}


def acknowledgement_columns(known: Acknowledgement) -> dict[str, Sequence[Any]]:
    """Columns of the table ``alert_acknowledgements``, with one row."""
    row = {
        "project": known.project,
        "fingerprint": known.fingerprint,
        "created_by": known.created_by,
        "comment": known.comment,
        "at": known.at_ns,
    }
    return {name: [value] for name, value in row.items()}


def told_columns(receiver: Receiver, messages: Sequence[AlertMessage], at_ns: TimeNs) -> dict[str, Sequence[Any]]:
    """Columns of the table ``alert_told``, with a row a message."""
    return {
        "receiver": [receiver.identity for _ in messages],
        "project": [message.project for message in messages],
        "fingerprint": [message.fingerprint for message in messages],
        "starts_at": [message.starts_at_ns for message in messages],
        "status": [message.status for message in messages],
        "told_at": [at_ns for _ in messages],
    }


def _written(matchers: Iterable[Matcher]) -> str:
    return orjson.dumps([asdict(matcher) for matcher in matchers]).decode()


def _matchers(text: str) -> tuple[Matcher, ...]:
    return tuple(Matcher(**each) for each in orjson.loads(text))


def _receiver(row: Mapping[str, Any]) -> Receiver:
    given = dict(row) | {"severities": tuple(row["severities"]), "matchers": _matchers(row["matchers"])}
    return Receiver(**given)


def _silence(row: Mapping[str, Any]) -> Silence:
    return Silence(
        project=row["project"],
        id=row["id"],
        matchers=_matchers(row["matchers"]),
        starts_at_ns=row["starts_at"],
        ends_at_ns=row["ends_at"],
        created_by=row["created_by"],
        comment=row["comment"],
    )


def _acknowledgement(row: Mapping[str, Any]) -> Acknowledgement:
    return Acknowledgement(
        project=row["project"],
        fingerprint=row["fingerprint"],
        created_by=row["created_by"],
        comment=row["comment"],
        at_ns=row["at"],
    )
