"""What API and pages ask for and change: receivers, silences, acknowledgements."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence

from telltale_collector.alerts.channels import Channel, channels
from telltale_collector.alerts.due import Notice
from telltale_collector.alerts.outbound import DeliveryError
from telltale_collector.alerts.silenced import check_matchers, check_silence
from telltale_collector.alerts.teller import Fate, Tools
from telltale_collector.errors import BadRequest, NotFound
from telltale_collector.model import Acknowledgement, AlertMessage, Matcher, Receiver, ReceiverStatus, Silence, TimeNs

_SHOWN_NS: TimeNs = 24 * 3600 * 1_000_000_000
"""Silences are listed for a day after their end."""

_LONGEST_NS: TimeNs = 3653 * 24 * 3600 * 1_000_000_000
"""No silence ends later than ten years from now: nobody would know of it any more."""


class Desk:
    """Checks what it is given, writes it, and wakes the notifier."""

    def __init__(
        self,
        tools: Tools,
        built_in: Sequence[Receiver],
        source: Callable[[], Sequence[AlertMessage]],
        wake: Callable[[], None],
        fate: Callable[[Receiver], Fate],
    ) -> None:
        self._tools = tools
        self._delivery = tools.delivery
        self._built_in = {receiver.name: receiver for receiver in built_in}
        self._source = source
        self._wake = wake
        self._fate = fate

    # --- receivers
    def receivers(self, project: str) -> list[ReceiverStatus]:
        """Those of settings first, then by name."""
        return [self._status(each) for each in (*self._built_in.values(), *self._delivery.receivers(project))]

    def receiver(self, project: str, name: str) -> ReceiverStatus:
        """One of them.

        Raises:
            NotFound: there is none.
        """
        return self._status(self._one(project, name))

    def put_receiver(self, receiver: Receiver) -> ReceiverStatus:
        """Make it, or replace the one of that name; on disk when it returns.

        Raises:
            BadRequest: its address is not one that alerts may go to, or it cannot be for another reason.
        """
        self._refuse_built_in(receiver.name)
        channel = _channel(receiver)
        check_matchers(receiver.matchers)
        channel.check(receiver.address, self._tools.ways)
        self._delivery.put_receiver(receiver)
        self._wake()
        return self._status(receiver)

    def remove_receiver(self, project: str, name: str) -> None:
        """Forget one; on disk when it returns.

        Raises:
            NotFound: there is none.
            BadRequest: it is one of the settings.
        """
        self._refuse_built_in(name)
        self._delivery.remove_receiver(project, name)
        self._wake()

    def test_receiver(self, project: str, name: str) -> tuple[bool, str]:
        """Send a message that says it is a test: whether it was taken, and what came back.

        Raises:
            NotFound: there is no such receiver.
        """
        receiver = self._one(project, name)
        now_ns = self._tools.now_ns()
        message = _test_message(project, name, now_ns)
        group = {"alertname": message.labels["alertname"], "project": project, "rule": message.labels["rule"]}
        notice = Notice(receiver, group, [message], uuid.uuid4().hex, now_ns)
        try:
            return True, _channel(receiver).send(notice, self._tools.ways).said
        except DeliveryError as error:
            return False, error.message

    def _one(self, project: str, name: str) -> Receiver:
        return self._built_in.get(name) or self._delivery.receiver(project, name)

    def _refuse_built_in(self, name: str) -> None:
        if name in self._built_in:
            raise BadRequest(f"receiver {name!r} comes from the collector's settings", "change it there")

    def _status(self, receiver: Receiver) -> ReceiverStatus:
        fate = self._fate(receiver)
        return ReceiverStatus(
            name=receiver.name,
            channel=receiver.channel,
            address=_channel(receiver).show(receiver.address),
            severities=receiver.severities,
            matchers=receiver.matchers,
            repeat_s=receiver.repeat_s,
            send_resolved=receiver.send_resolved,
            is_built_in=receiver.is_built_in,
            told_at_ns=fate.told_at_ns,
            failures=fate.failures,
            error=fate.error,
            error_at_ns=fate.error_at_ns,
        )

    # --- silences
    def silences(self, project: str) -> list[Silence]:
        """Those that last, begin later, or ended in the last day; the newest first."""
        return self._delivery.silences(project, since_ns=max(0, self._tools.now_ns() - _SHOWN_NS))

    def silence(
        self, project: str, matchers: Sequence[Matcher], times: tuple[TimeNs, TimeNs], said: tuple[str, str]
    ) -> Silence:
        """Make a silence; on disk when it returns.

        Args:
            project: whose alerts.
            matchers: which of them.
            times: from when until when.
            said: by whom, and why.

        Raises:
            BadRequest: it ends before it begins, has ended, ends in more than ten years, is about every alert, or a
                pattern cannot be read.
        """
        starts_at_ns, ends_at_ns = times
        now_ns = self._tools.now_ns()
        if ends_at_ns <= max(starts_at_ns, now_ns):
            raise BadRequest("the silence ends before it begins, or has ended already", "give a later end")
        if ends_at_ns > now_ns + _LONGEST_NS:
            raise BadRequest(
                "the silence ends more than ten years from now", "give an earlier end, or switch the rule off"
            )
        check_silence(matchers)
        made = Silence(
            project=project,
            id=uuid.uuid4().hex,
            matchers=tuple(matchers),
            starts_at_ns=starts_at_ns,
            ends_at_ns=ends_at_ns,
            created_by=said[0],
            comment=said[1],
        )
        self._delivery.put_silence(made)
        self._wake()
        return made

    def remove_silence(self, project: str, silence_id: str) -> None:
        """End one now: what it kept back and still fires is told.

        Raises:
            NotFound: there is none.
        """
        self._delivery.remove_silence(project, silence_id)
        self._wake()

    # --- acknowledgements
    def acknowledgements(self, project: str) -> list[Acknowledgement]:
        """The newest of each alert."""
        return self._delivery.acknowledgements(project)

    def acknowledge(self, project: str, fingerprint: str, created_by: str, comment: str) -> Acknowledgement:
        """Somebody knows of an alert: it is not repeated, to its end. On disk when it returns.

        Raises:
            NotFound: no such alert fires.
        """
        firing = {
            message.fingerprint
            for message in self._source()
            if message.status == "firing" and message.project == project
        }
        if fingerprint not in firing:
            raise NotFound(f"no alert {fingerprint[:64]!r} fires", "GET /api/v1/alerts lists those that do")
        known = Acknowledgement(
            project=project,
            fingerprint=fingerprint,
            created_by=created_by,
            comment=comment,
            at_ns=self._tools.now_ns(),
        )
        kept = self._delivery.acknowledge(known)
        self._wake()
        return kept


def _channel(receiver: Receiver) -> Channel:
    found = channels().get(receiver.channel)
    if found is None:
        raise BadRequest(f"there is no channel {receiver.channel[:64]!r}", f"there are {', '.join(channels())}")
    return found


def _test_message(project: str, name: str, now_ns: TimeNs) -> AlertMessage:
    labels = {"alertname": "TelltaleTest", "rule": "test", "severity": "info", "project": project, "receiver": name}
    annotations = {"summary": "This is a test", "description": f"Telltale can tell the receiver {name} of alerts."}
    return AlertMessage(
        project=project,
        fingerprint=uuid.uuid4().hex[:16],
        status="firing",
        labels=labels,
        annotations=annotations,
        starts_at_ns=now_ns,
        ends_at_ns=None,
        generator_url="",
    )
