"""What has to be said to a receiver now. Pure: of what fires, what was told, what is silenced and acknowledged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from telltale_collector.alerts.silenced import all_hold, is_silenced
from telltale_collector.model import (
    EVERY_PROJECT,
    NO_SEVERITY,
    Acknowledgement,
    AlertMessage,
    AlertStatus,
    Receiver,
    Silence,
    TimeNs,
    Told,
)
from telltale_collector.store.alert_delivery import Occurrence

_SECOND_NS = 1_000_000_000
RESOLVED_FOR_NS: TimeNs = 15 * 60 * _SECOND_NS
"""So long an end is told over and over to a channel that is told states."""


@dataclass(frozen=True, slots=True)
class Picture:
    """All that is known at one look, and when that was: what is due is decided as of then."""

    messages: Sequence[AlertMessage] = ()
    silences: Sequence[Silence] = ()
    acknowledgements: Sequence[Acknowledgement] = ()
    at_ns: TimeNs = 0


@dataclass(frozen=True, slots=True)
class Pace:
    """How a channel wants to be told.

    Attributes:
        most: alerts in one message.
        resend_s: of a channel that is told states, not events: all that fires is said again after so long, and ends
            for a quarter of an hour; 0: each thing is said once, and repeated as the receiver wants.
    """

    most: int = 100
    resend_s: int = 0


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one receiver.

    Attributes:
        group: what the alerts have in common, as Alertmanager's ``groupLabels``.
        messages: the alerts, by when they started.
        key: the same for the same content, also after a crash between sending and remembering; another for a repeat.
        at_ns: when it was decided.
    """

    receiver: Receiver
    group: Mapping[str, str]
    messages: Sequence[AlertMessage]
    key: str
    at_ns: TimeNs

    @property
    def status(self) -> AlertStatus:
        """``firing`` as long as one of them fires."""
        return "firing" if any(message.status == "firing" for message in self.messages) else "resolved"

    @property
    def group_key(self) -> str:
        """As Alertmanager writes it."""
        labels = ", ".join(f'{name}="{value}"' for name, value in sorted(self.group.items()))
        return f"{{}}:{{{labels}}}"


def occurrence(message: AlertMessage) -> Occurrence:
    return message.project, message.fingerprint, message.starts_at_ns


def notices(
    receiver: Receiver, picture: Picture, told: Mapping[Occurrence, Told], pace: Pace, now_ns: TimeNs
) -> list[Notice]:
    """The messages that a receiver has to get now, one or more a group.

    Args:
        receiver: who.
        picture: what is known.
        told: the last word that it took about each occurrence of an alert.
        pace: how its channel wants to be told.
        now_ns: the time.
    """
    known = {(each.project, each.fingerprint): each.at_ns for each in picture.acknowledgements}
    due = [
        message
        for message in picture.messages
        if _is_about(receiver, message, told.get(occurrence(message)), pace)
        and (
            _is_end_due(receiver, message, told.get(occurrence(message)), pace, now_ns)
            if message.status == "resolved"
            else _is_firing_due(receiver, message, told.get(occurrence(message)), pace, now_ns, known)
            and not is_silenced(message, picture.silences, now_ns)
        )
    ]
    return [
        Notice(receiver, group, part, _key(receiver, part, told), now_ns)
        for group, messages in _grouped(due)
        for part in _parts(messages, pace.most)
    ]


def is_for(receiver: Receiver, message: AlertMessage) -> bool:
    """Whether project, severity and labels are what the receiver wants."""
    return (
        receiver.project in {EVERY_PROJECT, message.project}
        and (not receiver.severities or message.labels.get("severity", "") in receiver.severities)
        and all_hold(receiver.matchers, message.labels)
    )


def _is_about(receiver: Receiver, message: AlertMessage, last: Told | None, pace: Pace) -> bool:
    """Whether it is the receiver's: who was told that it fires gets its end, whatever became of rule or receiver."""
    if message.status == "resolved" and last is not None and last.status == "firing":
        return receiver.project in {EVERY_PROJECT, message.project}
    return is_for(receiver, message) and _is_wanted(receiver, message, pace)


def _is_wanted(receiver: Receiver, message: AlertMessage, pace: Pace) -> bool:
    """What has no severity is for channels that are told states, and for who asks for it."""
    return pace.resend_s > 0 or message.labels.get("severity") != NO_SEVERITY or NO_SEVERITY in receiver.severities


def _is_end_due(receiver: Receiver, message: AlertMessage, last: Told | None, pace: Pace, now_ns: TimeNs) -> bool:
    if last is None or not receiver.send_resolved:
        return False
    if last.status == "firing":
        return True
    is_recent = now_ns - (message.ends_at_ns or 0) < RESOLVED_FOR_NS
    return pace.resend_s > 0 and is_recent and _is_older(last, pace.resend_s, now_ns)


def _is_firing_due(
    receiver: Receiver,
    message: AlertMessage,
    last: Told | None,
    pace: Pace,
    now_ns: TimeNs,
    known: Mapping[tuple[str, str], TimeNs],
) -> bool:
    if last is None or last.status == "resolved":
        return True
    if pace.resend_s:
        return _is_older(last, pace.resend_s, now_ns)
    is_known = known.get((message.project, message.fingerprint), -1) >= message.starts_at_ns
    return not is_known and _is_older(last, receiver.repeat_s, now_ns)


def _is_older(last: Told, seconds: int, now_ns: TimeNs) -> bool:
    return now_ns - last.at_ns >= seconds * _SECOND_NS


def _grouped(messages: Iterable[AlertMessage]) -> list[tuple[dict[str, str], list[AlertMessage]]]:
    """By project and rule, each in the order of beginnings."""
    groups: dict[tuple[str, str, str], list[AlertMessage]] = {}
    for message in sorted(messages, key=lambda each: (each.starts_at_ns, each.fingerprint)):
        labels = message.labels
        key = message.project, labels.get("rule", ""), labels.get("alertname", "")
        groups.setdefault(key, []).append(message)
    return [
        ({"alertname": name, "project": project, "rule": rule}, found)
        for (project, rule, name), found in sorted(groups.items())
    ]


def _parts(messages: Sequence[AlertMessage], most: int) -> Iterable[Sequence[AlertMessage]]:
    return (messages[at : at + most] for at in range(0, len(messages), most))


def _key(receiver: Receiver, messages: Sequence[AlertMessage], told: Mapping[Occurrence, Told]) -> str:
    words = [receiver.identity]
    for message in messages:
        last = told.get(occurrence(message))
        before = last.at_ns if last else 0
        words.append(f"{message.project} {message.fingerprint} {message.starts_at_ns} {message.status} {before}")
    return sha256("\n".join(words).encode("utf-8", "replace")).hexdigest()[:32]
