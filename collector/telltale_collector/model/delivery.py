"""Who is told of alerts, and what was said to whom: receivers, silences, acknowledgements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from telltale_collector.model.alert import AlertStatus
from telltale_collector.model.primitives import TimeNs

EVERY_PROJECT = ""
"""The project of receivers that come from settings: they are told of all."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Matcher:
    """What a label has to be; a label that is not there is the empty text. As Alertmanager's.

    Attributes:
        name: of the label.
        value: a text, or a regular expression for all of it.
        is_regex: which of the two.
        is_equal: False: the label must be something else.
    """

    name: str
    value: str
    is_regex: bool = False
    is_equal: bool = True


@dataclass(slots=True, frozen=True, kw_only=True)
class Receiver:
    """Somebody who is told of alerts.

    Attributes:
        project: whose alerts; ``EVERY_PROJECT`` for one of the settings.
        name: unique within its project.
        channel: how: ``alertmanager``, ``webhook``, ``slack``, ``email``.
        address: a URL; of mail: addresses with commas between them. May hold a secret.
        severities: only these; all where empty.
        matchers: all of them must hold.
        repeat_s: what still fires is said again after so long.
        send_resolved: whether ends are told, too.
        is_built_in: from the operator's settings; its address may be a private one.
    """

    project: str
    name: str
    channel: str
    address: str
    severities: Sequence[str] = ()
    matchers: Sequence[Matcher] = ()
    repeat_s: int = 4 * 3600
    send_resolved: bool = True
    is_built_in: bool = False

    @property
    def identity(self) -> str:
        """What was told is remembered under this: another address was not yet told anything."""
        digest = sha256(f"{self.channel}\n{self.address}".encode("utf-8", "replace")).hexdigest()
        return f"{self.project}/{self.name}/{digest[:16]}"


@dataclass(slots=True, frozen=True, kw_only=True)
class ReceiverStatus:
    """A receiver as it is shown, and how it fares.

    Attributes:
        address: without its secret.
        told_at_ns: when it last took something since the collector started; None: not yet.
        failures: how often in a row it did not.
        error: why, the last time; None: the last one went well.
        error_at_ns: when that was.
    """

    name: str
    channel: str
    address: str
    severities: Sequence[str]
    matchers: Sequence[Matcher]
    repeat_s: int
    send_resolved: bool
    is_built_in: bool
    told_at_ns: TimeNs | None
    failures: int
    error: str | None
    error_at_ns: TimeNs | None


@dataclass(slots=True, frozen=True, kw_only=True)
class Silence:
    """Alerts whose labels match are not told as firing while it lasts."""

    project: str
    id: str
    matchers: Sequence[Matcher]
    starts_at_ns: TimeNs
    ends_at_ns: TimeNs
    created_by: str
    comment: str


@dataclass(slots=True, frozen=True, kw_only=True)
class Acknowledgement:
    """Somebody knows: an alert that fired at ``at_ns`` is not repeated, to its end."""

    project: str
    fingerprint: str
    created_by: str
    comment: str
    at_ns: TimeNs


@dataclass(slots=True, frozen=True)
class Told:
    """The last thing that a receiver was told about an alert, and when."""

    status: AlertStatus
    at_ns: TimeNs
